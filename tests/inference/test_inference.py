from __future__ import annotations

import importlib
import os

import pytest

import inference


@pytest.mark.parametrize(("before", "after"), [(None, "1"), ("0", "0")])
def test_onnxruntime_reports_to_nobody_unless_the_site_says_so(
    monkeypatch: pytest.MonkeyPatch, before: str | None, after: str
) -> None:
    monkeypatch.setenv("ORT_DISABLE_TELEMETRY", before or "")
    if before is None:
        monkeypatch.delenv("ORT_DISABLE_TELEMETRY")
    importlib.reload(inference)
    assert os.environ["ORT_DISABLE_TELEMETRY"] == after
