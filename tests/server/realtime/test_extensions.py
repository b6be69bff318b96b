"""Fields of a session that only Antiphon has."""

from __future__ import annotations

from typing import Any

import pytest

from antiphon.errors import InvalidInput
from server.floor.endpointing import Bounds, EndpointingChanges
from server.floor.interruption import InterruptionChanges, Mode
from server.floor.silence import SilenceChanges
from server.realtime.extensions import changes
from server.settings import AgentSettings

AGENT = AgentSettings(reprompts=("Hello?", "Still there?"))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, {}),
        ({"antiphon": {}}, {}),
        ({"antiphon": {"events": True, "later": 1}}, {"extensions": True}),
        ({"antiphon": {"speculation": False}}, {"speculates": False}),
        ({"antiphon": {"echo_cancellation": True}}, {"cancels_echo": True}),
        ({"antiphon": {"speculations": 0}}, {"speculations": 0}),
        ({"antiphon": {"reopen_ms": 0}}, {"reopen_ms": 0}),
        (
            {"antiphon": {"interruption": {"mode": "off"}}},
            {"interruption": InterruptionChanges(Mode.OFF)},
        ),
        (
            {
                "antiphon": {
                    "interruption": {
                        "confirm_ms": 500,
                        "sure_words": 2,
                        "word_ms": 0,
                        "wordless_ms": 900,
                    }
                }
            },
            {"interruption": InterruptionChanges(None, 500, 2, 0, 900)},
        ),
        (
            {"antiphon": {"silence": {"wait_ms": 0, "reprompts": 2}}},
            {"silence": SilenceChanges(0, 2)},
        ),
        ({"antiphon": {"silence": {"wait_ms": 1000}}}, {"silence": SilenceChanges(1000)}),
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
    assert changes(given, AGENT) == expected


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
        ({"interruption": {"sure_words": 0}}, "session.antiphon.interruption.sure_words"),
        ({"interruption": {"word_ms": 5001}}, "session.antiphon.interruption.word_ms"),
        ({"interruption": {"wordless_ms": -1}}, "session.antiphon.interruption.wordless_ms"),
        ({"interruption": {"patience": 3}}, "session.antiphon.interruption.patience"),
        ({"speculations": 101}, "session.antiphon.speculations"),
        ({"reopen_ms": 10_001}, "session.antiphon.reopen_ms"),
        ({"silence": {"wait_ms": 999}}, "session.antiphon.silence.wait_ms"),
        ({"silence": {"wait_ms": 3_600_001}}, "session.antiphon.silence.wait_ms"),
        ({"silence": {"reprompts": 3}}, "session.antiphon.silence.reprompts"),
        ({"silence": {"patience": 3}}, "session.antiphon.silence.patience"),
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
        changes({"antiphon": given}, AGENT)
    assert refused.value.metadata["param"] == param
