from __future__ import annotations

import json

import pytest

from ops.talk.exchange import Exchange, Partial
from ops.talk.report import as_json, hops

TIMELINE = {
    "speech_ended": 100.0,
    "final": 610.0,
    "generation_started": 611.5,
    "first_token": 700.0,
    "first_audio": 900.0,
    "audible": 901.0,
}


def test_each_hop_begins_where_the_one_before_ended() -> None:
    assert [ms for _, ms in hops(TIMELINE)] == [510.0, 1.5, 88.5, 200.0, 1.0]
    assert sum(ms for _, ms in hops(TIMELINE)) == 801.0


@pytest.mark.parametrize(
    ("timeline", "durations"),
    [
        ({}, []),
        ({"final": 510.0}, [510.0]),
        ({"speech_ended": 0.0, "final": 510.0, "first_audio": 900.0}, [510.0, 390.0]),
    ],
)
def test_marks_that_are_missing_are_skipped(
    timeline: dict[str, float], durations: list[float]
) -> None:
    assert [ms for _, ms in hops(timeline)] == durations


def test_json_has_everything_and_rounds() -> None:
    exchange = Exchange(heard="What?", answered="Eggs.", status="completed", audible_ms=1500.04)
    exchange.partials.append(Partial(321.09, "wh"))
    exchange.timeline_ms = TIMELINE
    exchange.speech_ended_ms = 1000.0
    found = json.loads(json.dumps(as_json(exchange)))
    assert (found["heard"], found["answered"], found["status"]) == ("What?", "Eggs.", "completed")
    assert found["voice_to_voice_ms"] == 500.0
    assert found["first_partial_ms"] == 321.1
    assert found["partials"] == [{"at_ms": 321.1, "text": "wh"}]
    assert found["timeline_ms"] == TIMELINE
    assert list(found["hops_ms"].values()) == [510.0, 1.5, 88.5, 200.0, 1.0]
    assert found["problem"] is None


def test_what_did_not_happen_is_null() -> None:
    found = as_json(Exchange(problem="full"))
    assert (found["voice_to_voice_ms"], found["first_partial_ms"]) == (None, None)
    assert found["problem"] == "full"
