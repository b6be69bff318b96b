from __future__ import annotations

import os
from pathlib import Path

import pytest

from ops.cli.main import main
from ops.supervisor.run_folder import ServiceState, hold, write_states
from tests.ops.fake_engines import Conversation, Recognizer, serving


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    return tmp_path / "antiphon"


def test_where_none_runs_it_says_how_to_start(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["status"]) == 1
    told = f"antiphon: no appliance runs in {folder}; start it with `ops/up`\n"
    assert capsys.readouterr() == ("", told)


def test_all_that_serve_are_shown(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with hold(folder), serving(folder, "asr", Recognizer([])) as address:
        write_states(folder, {"asr": ServiceState("ready", os.getpid(), address)})
        assert main(["status"]) == 0
    header, row = capsys.readouterr().out.splitlines()
    assert header.split() == ["SERVICE", "STATE", "RUNS", "PID", "MEMORY", "ADDRESS"]
    *shown, memory, unit, where = row.split()
    assert shown == ["asr", "serving", "fake", "ears", "(SIMULATED)", str(os.getpid())]
    assert (int(memory) > 0, unit, where) == (True, "MiB", address)


def test_one_that_does_not_serve_is_an_exit_status(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with hold(folder), serving(folder, "server", Conversation()) as address:
        states = {
            "server": ServiceState("ready", 2**22 + 1, address, "0.0.0.0:1, 0.0.0.0:2"),
            "llm": ServiceState("restarting", 0, f"unix:{folder}/llm.sock"),
            "tts": ServiceState("ready", os.getpid(), f"unix:{folder}/tts.sock"),
        }
        write_states(folder, states)
        assert main(["status"]) == 1
    rows = [line.split() for line in capsys.readouterr().out.splitlines()[1:]]
    assert rows[0] == ["server", "serving", "-", str(2**22 + 1), "-", "0.0.0.0:1,", "0.0.0.0:2"]
    assert rows[1][:4] == ["llm", "restarting", "-", "-"]
    assert rows[2][:4] == ["tts", "not", "answering", "-"]


def test_a_supervisor_that_only_begins_is_not_well(folder: Path) -> None:
    with hold(folder):
        assert main(["status"]) == 1
