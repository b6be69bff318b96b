from __future__ import annotations

from pathlib import Path

import pytest

from ops.checks import environments
from ops.checks.environments import MAIN, OTHERS, selection


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(environments, "REPOSITORY", tmp_path)
    for name in (
        "end_to_end/test_page.py",
        "inference/tts/test_voice.py",
        "inference/llm/test_vllm_engine.py",
        "inference/llm/test_prompt.py",
    ):
        path = tmp_path / "tests" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path


def test_each_test_runs_in_one_environment(repository: Path) -> None:
    together, tts, vllm = OTHERS
    assert selection(together) == ["tests/end_to_end"]
    assert selection(tts) == ["tests/inference/tts"]
    assert selection(vllm) == ["tests/inference/llm/test_vllm_engine.py"]
    assert selection(MAIN) == [
        "tests",
        "--ignore=tests/end_to_end",
        "--ignore=tests/inference/tts",
        "--ignore=tests/inference/llm/test_vllm_engine.py",
    ]


def test_an_environment_may_have_no_tests(repository: Path) -> None:
    (repository / "tests/inference/llm/test_vllm_engine.py").unlink()
    assert selection(OTHERS[2]) == []


def test_each_has_its_own_interpreter(repository: Path) -> None:
    assert MAIN.python == repository / ".venv/bin/python"
    assert OTHERS[1].python == repository / ".venv-tts/bin/python"
