"""Fields of a session that only Antiphon has."""

from __future__ import annotations

from typing import Any

import pytest

from antiphon.errors import InvalidInput
from server.floor.endpointing import Bounds, EndpointingChanges
from server.realtime.extensions import changes


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, {}),
        ({"antiphon": {}}, {}),
        ({"antiphon": {"events": True, "later": 1}}, {"extensions": True}),
        ({"antiphon": {"speculation": False}}, {"speculates": False}),
        ({"antiphon": {"echo_cancellation": True}}, {"cancels_echo": True}),
        ({"antiphon": {"interruption": {"mode": "off"}}}, {"interruption": ("off", None)}),
        (
            {"antiphon": {"interruption": {"mode": "voice", "confirm_ms": 500}}},
            {"interruption": ("voice", 500)},
        ),
        (
            {
                "antiphon": {
                    "endpointing": {
                        "accepted_log_odds": -2,
                        "dictation": {"shortest_ms": 1500, "longest_ms": 5000},
                    }
                }
            },
            {"endpointing": EndpointingChanges(-2, dictation=Bounds(1500, 5000))},
        ),
        (
            {"antiphon": {"simulation": {"text": "hello", "voiced_ms": 900, "later": 1}}},
            {"simulation": ("hello", 900)},
        ),
    ],
)
def test_what_is_given_is_set(given: dict[str, Any], expected: dict[str, Any]) -> None:
    assert changes(given) == expected


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ("yes", "session.antiphon"),
        ({"events": "yes"}, "session.antiphon.events"),
        ({"interruption": {"mode": "loud"}}, "session.antiphon.interruption.mode"),
        (
            {"interruption": {"mode": "voice", "confirm_ms": 99}},
            "session.antiphon.interruption.confirm_ms",
        ),
        ({"endpointing": {"patience": 3}}, "session.antiphon.endpointing.patience"),
        (
            {"endpointing": {"accepted_log_odds": 1000}},
            "session.antiphon.endpointing.accepted_log_odds",
        ),
        (
            {"endpointing": {"open": {"shortest_ms": 100}}},
            "session.antiphon.endpointing.open.longest_ms",
        ),
        (
            {"endpointing": {"answer": {"shortest_ms": 900, "longest_ms": 300}}},
            "session.antiphon.endpointing.answer",
        ),
        ({"simulation": {"text": "hello"}}, "session.antiphon.simulation.voiced_ms"),
        (
            {"simulation": {"text": "hello", "voiced_ms": 0}},
            "session.antiphon.simulation.voiced_ms",
        ),
    ],
)
def test_what_is_wrong_is_named(given: Any, param: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        changes({"antiphon": given})
    assert refused.value.metadata["param"] == param
