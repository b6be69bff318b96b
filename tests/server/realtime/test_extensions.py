"""Fields of a session that only Antiphon has."""

from __future__ import annotations

from typing import Any

import pytest

from antiphon.errors import InvalidInput
from server.realtime.extensions import changes


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, {}),
        ({"antiphon": {}}, {}),
        ({"antiphon": {"events": True, "later": 1}}, {"extensions": True}),
        ({"antiphon": {"speculation": False}}, {"speculates": False}),
        ({"antiphon": {"interruption": {"mode": "off"}}}, {"interruption": ("off", None)}),
        (
            {"antiphon": {"interruption": {"mode": "voice", "confirm_ms": 500}}},
            {"interruption": ("voice", 500)},
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
