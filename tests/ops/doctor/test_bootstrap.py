from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from ops.doctor import bootstrap
from ops.doctor.bootstrap import environments
from ops.doctor.finding import Finding
from ops.settings import REPOSITORY, Settings

BOTH = {"ANTIPHON_LLM__ENGINE": "vllm"}

# What the real script has, as far as the doctor asks for it; `current` says which environments are.
SCRIPT = """
find_python() {{ python=python3; }}
is_current() {{ [[ " {current} " == *" $1 "* ]]; }}
read_pip_settings() {{ :; }}
check_torch() {{ {torch}; }}
"""


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "ops").mkdir()
    (tmp_path / ".uv/bin").mkdir(parents=True)
    (tmp_path / ".uv/bin/python").touch()
    monkeypatch.setattr(bootstrap, "REPOSITORY", tmp_path)
    return tmp_path


def looked(clone: Path, environ: dict[str, str], current: str, torch: str = ":") -> list[Finding]:
    (clone / "ops/bootstrap.sh").write_text(SCRIPT.format(current=current, torch=torch))
    return list(environments(Settings.load(environ)))


def test_each_environment_that_is_needed_is_looked_at(clone: Path) -> None:
    assert looked(clone, {}, "main tts") == [
        Finding("environments", "main is current"),
        Finding("environments", "tts is current"),
    ]
    assert looked(clone, BOTH, "main tts vllm")[-1] == Finding("environments", "vllm is current")
    assert len(looked(clone, {"ANTIPHON_TTS__ENGINE": "simulated"}, "main")) == 1


def test_one_that_is_not_current_is_made_by_up(clone: Path) -> None:
    _, tts, torch = looked(clone, {}, "main")
    assert tts.what == "tts is missing or not what its lock says"
    assert tts.mend == "ops/up"
    assert torch == Finding("torch", "an index offers its build for CPUs")


def test_where_no_index_has_torch_it_says_how_to_name_one(clone: Path) -> None:
    torch = looked(clone, {}, "main", torch="echo no torch for $1 >&2; exit 1")[-1]
    assert torch == Finding("torch", "no torch for tts", "ops/up --torch-index URL")
    silent = looked(clone, {}, "main", torch="exit 1")[-1]
    assert silent.what == "no index offers it"


def test_without_pip_nothing_is_asked_of_an_index(clone: Path) -> None:
    (clone / ".uv/bin/python").unlink()
    assert [one.topic for one in looked(clone, {}, "", torch="exit 1")] == ["environments"] * 2


def test_a_script_that_does_not_answer_is_told(
    clone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wait(command: list[str], **_: object) -> None:
        raise subprocess.TimeoutExpired(command, 60)

    monkeypatch.setattr(subprocess, "run", wait)
    torch = looked(clone, {}, "main tts")[-1]
    assert torch == Finding("torch", "no answer within 60 s", "ops/up --torch-index URL")


def test_the_real_script_has_what_is_asked_of_it() -> None:
    text = (REPOSITORY / bootstrap.SCRIPT).read_text()
    for function in ("find_python", "is_current", "read_pip_settings", "check_torch"):
        assert f"\n{function}() {{" in text
