from __future__ import annotations

import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from inference.llm import vllm_process
from ops.bench.language import bare
from ops.bench.language.load import MAX_TOKENS, STREAMS
from tests.inference.llm.small_model import END_TOKEN, write_model


class FakeLlm:
    """Gives three tokens, the last two together; remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, Any, str]] = []
        self.shut_down = False

    async def generate(self, prompt: Any, params: Any, request_id: str) -> AsyncIterator[Any]:
        self.asked.append((prompt, params, request_id))
        for tokens in ([1], [2, 3]):
            yield SimpleNamespace(outputs=[SimpleNamespace(token_ids=tokens)])

    def shutdown(self, timeout: float) -> None:
        self.shut_down = True


@pytest.fixture
def llm(monkeypatch: pytest.MonkeyPatch) -> FakeLlm:
    """A stand-in for vLLM, in the place of the module that imports it."""
    fake = FakeLlm()
    module = ModuleType("inference.llm.vllm_engine")
    vars(module).update(
        start=lambda *arguments: fake,
        sampling_params=lambda *arguments: arguments,
        SHUTDOWN_S=1.0,
    )
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr("inference.llm.vllm_engine", module, raising=False)
    monkeypatch.setattr(vllm_process, "prepare", lambda threads: None)
    monkeypatch.setattr("ops.bench.language.load.LONGEST_PAUSE_S", 0.0)
    return fake


def test_the_figures_are_written(tmp_path: Path, llm: FakeLlm) -> None:
    folder = write_model(tmp_path, context_tokens=2048)
    bare.main(str(folder), "2", str(tmp_path / "out.json"))
    found = json.loads((tmp_path / "out.json").read_text())
    assert list(found) == [str(streams) for streams in STREAMS]
    assert set(found["8"]) == {"ttft_ms", "itl_ms", "tokens_per_s"}
    assert llm.shut_down


def test_it_is_asked_as_the_service_asks(tmp_path: Path, llm: FakeLlm) -> None:
    folder = write_model(tmp_path, context_tokens=2048)
    bare.main(str(folder), "0", str(tmp_path / "out.json"))
    prompt, (choice, end_tokens, constraint), _ = llm.asked[0]
    assert prompt["type"] == "token"
    assert len(prompt["prompt_token_ids"]) > 500
    assert (choice.temperature, choice.max_tokens) == (0, MAX_TOKENS)
    assert (end_tokens, constraint) == ([END_TOKEN], None)
