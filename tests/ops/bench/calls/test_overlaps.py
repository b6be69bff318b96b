"""Speech over a reply, as figures."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from antiphon.audio import Encoding, encode
from ops.bench.calls.loudspeaker import Listened
from ops.bench.calls.overlaps import Overlap, figures, wrong
from ops.bench.calls.record import RATE_HZ

ONSET_MS = 1000.0
INTERRUPTED = {"type": "cancelled", "reason": "turn_detected"}


def overlap(
    kind: str,
    stopped_ms: float | None = None,
    *,
    audible_ms: float = 0.0,
    details: dict[str, str] | None = INTERRUPTED,
    voiced: bool = True,
    states: tuple[tuple[float, str], ...] = ((ONSET_MS + 90, "listening"),),
    heard_ms: float = 200.0,
) -> Overlap:
    """Return a reply that was silent `heard_ms` after the onset, and ended `stopped_ms` after it."""
    record = Listened()
    record.event({"type": "response.created", "response": {"id": "a"}}, 0)
    samples = round((ONSET_MS + heard_ms) * RATE_HZ / 1000)
    loud = encode(np.full(samples, 8000, np.int16), Encoding.PCM_S16LE)
    record.audio(loud, audible_ms)
    for at_ms, state in states:
        record.event({"type": "antiphon.state", "state": state}, at_ms)
    if stopped_ms is not None:
        response: dict[str, Any] = {"id": "a", "status_details": details}
        record.event({"type": "response.done", "response": response}, ONSET_MS + stopped_ms)
    return Overlap(f"{kind}.wav", kind, voiced, ONSET_MS, 3000, record)


def test_shares_are_of_those_who_speak_and_of_those_who_listen() -> None:
    found = figures(
        [
            overlap("short", 700),
            overlap("turn", 1001),
            overlap("turn"),
            overlap("turn", 300, details={"reason": "client_cancelled"}),
            overlap("backchannel"),
            overlap("noise", 500),
            overlap("television", 500),
        ]
    )
    assert (found["yield_share"], found["false_stop_share"]) == (0.25, 0.5)
    assert found["stop_ms"] == {"p50": 700, "p95": 700}
    assert found["silence_ms"] == {"p50": 200, "p95": 200}
    assert found["server_stop_ms"]["p95"] == 0
    assert found["by_kind"]["television"]["stopped_share"] == 1
    assert found["by_kind"]["turn"]["clips"] == 3


def test_clips_without_voice_have_no_silence_to_wait_for() -> None:
    assert figures([overlap("short", voiced=False)])["silence_ms"] == {}


def test_a_reply_that_is_never_silent_makes_the_figure_no_better() -> None:
    # One is heard to the end, one falls silent too late to be seen to stay so.
    never = [overlap("turn", heard_ms=2500), overlap("short", heard_ms=1800)]
    heard = [overlap("short", 700), *never, overlap("turn", voiced=False, heard_ms=2500)]
    found = figures(heard)
    assert found["silence_ms"] == {"p50": 2000, "p95": 2000}
    assert found["by_kind"]["turn"]["silence_ms"] == {"p50": 2000, "p95": 2000}
    assert found["never_silent_share"] == pytest.approx(2 / 3, abs=1e-3)
    assert wrong(heard)["never_silent"] == ["turn.wav", "short.wav"]


def test_a_reply_that_is_to_go_on_has_no_silence_to_wait_for() -> None:
    found = figures([overlap("backchannel", heard_ms=2500)])
    assert found["by_kind"]["backchannel"]["silence_ms"] == {}
    assert found["never_silent_share"] is None


def test_a_reply_that_was_not_heard_in_time_is_not_counted() -> None:
    overlaps = [overlap("short", 400, audible_ms=1100), overlap("short", 500)]
    assert figures(overlaps)["yield_share"] == 1
    assert wrong(overlaps)["reply_not_heard_in_time"] == 1
    assert figures(overlaps[:1])["yield_share"] is None


@pytest.mark.parametrize(("at_ms", "before"), [(500, 1.0), (1090, 0.0)])
def test_ducked_before_the_voice_is_for_something_else(at_ms: float, before: float) -> None:
    overlaps = [overlap("short", states=((at_ms, "listening"),))]
    assert figures(overlaps)["ducked_before_share"] == before


def test_what_was_judged_wrongly_is_named() -> None:
    named = wrong([overlap("noise", 400), overlap("turn", 1200), overlap("short", 300)])
    assert named["false_stops"] == ["noise.wav"]
    assert named["missed"] == ["turn.wav"]
    assert named["never_silent"] == []
