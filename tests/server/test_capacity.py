"""What was measured, saved and read again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from antiphon.errors import Misconfigured
from server import capacity
from server.capacity import Capacity
from server.settings import ServerSettings

FOUND = Capacity(
    sessions=40, p95_ms=701.5, bound_ms=750, engines="real", cpu="a", measured="2026-01-31"
)


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of an installation of the test's own."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path / "antiphon" / "capacity.json"


def test_what_was_measured_is_the_default_and_a_setting_goes_before_it(state: Path) -> None:
    assert ServerSettings().max_sessions == capacity.UNMEASURED_SESSIONS
    capacity.write(FOUND, capacity.capacity_file())
    assert capacity.read(state) == FOUND
    assert ServerSettings().max_sessions == 40
    assert ServerSettings(max_sessions=3).max_sessions == 3
    assert [path.name for path in state.parent.iterdir()] == [state.name]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "the whole"),
        ("{", "the whole"),
        ("[]", "the whole"),
        (json.dumps({**FOUND.model_dump(), "sessions": 0}), "sessions"),
        (json.dumps({**FOUND.model_dump(), "sessions": 10_001}), "sessions"),
        (json.dumps({**FOUND.model_dump(), "seats": 3}), "seats"),
        (json.dumps({"sessions": 3}), "p95_ms"),
    ],
)
def test_a_file_that_cannot_be_used_stops_the_start(state: Path, text: str, what: str) -> None:
    state.parent.mkdir()
    state.write_text(text)
    with pytest.raises(Misconfigured) as told:
        ServerSettings()
    assert f"{state}: {what}: " in told.value.message
    assert "antiphon bench capacity --engines real --write" in told.value.message
    assert ServerSettings(max_sessions=3).max_sessions == 3


def test_a_file_that_cannot_be_read_or_written_is_told(state: Path) -> None:
    state.mkdir(parents=True)
    with pytest.raises(Misconfigured, match="cannot read"):
        capacity.read(state)
    with pytest.raises(Misconfigured, match="cannot write"):
        capacity.write(FOUND, state)
