from __future__ import annotations

import os

import pytest

from inference.llm import vllm_process


def test_the_environment_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", dict(os.environ))
    vllm_process.prepare(threads=3)
    assert os.environ["OMP_NUM_THREADS"] == "3"
    assert os.environ["HF_HUB_OFFLINE"] == "1"
    assert os.environ["VLLM_NO_USAGE_STATS"] == "1"
    # What it would compile needs nvcc and a C++ compiler, which its image has not.
    assert os.environ["VLLM_USE_FLASHINFER_SAMPLER"] == "0"
