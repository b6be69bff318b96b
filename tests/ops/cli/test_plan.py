from __future__ import annotations

import json
from pathlib import Path

import pytest

from ops.cli.main import main


def test_a_plan_that_fits(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--gpu", "L4"]) == 0
    assert "fits: " in capsys.readouterr().out


def test_json_alone_on_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--memory-gib", "80", "--sessions", "40", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {"fits", "gpu_memory_gib", "vllm_share", "sessions"} <= set(told)
    assert told["sessions"] >= 40


def test_what_does_not_fit_is_refused_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--gpu", "L4", "--sessions", "500", "--json"]) == 1
    told = capsys.readouterr()
    assert json.loads(told.out)["fits"] is False
    assert told.err.count("\n") == 1
    assert "this does: antiphon plan --gpu L4 --sessions" in told.err


def test_nothing_is_written_of_what_does_not_fit(tmp_path: Path) -> None:
    path = tmp_path / "plan.env"
    assert main(["plan", "--gpu", "L4", "--sessions", "500", "--write", str(path)]) == 1
    assert not path.exists()
    assert main(["plan", "--gpu", "L4", "--write", str(path)]) == 0
    assert "ANTIPHON_PROFILE=gpu" in path.read_text("utf-8")


@pytest.mark.parametrize("given", [[], ["--gpu", "L4", "--memory-gib", "24"]])
def test_a_card_or_its_memory(given: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", *given]) == 1
    assert "--gpu NAME" in capsys.readouterr().err


def test_room_for_an_update_takes_sessions(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["plan", "--gpu", "L4", "--sessions", "4", "--json"]
    sessions = []
    for more in ([], ["--room-for-update"]):
        assert main([*asked, *more]) == 0
        sessions.append(json.loads(capsys.readouterr().out)["sessions"])
    assert 4 <= sessions[1] < sessions[0]
