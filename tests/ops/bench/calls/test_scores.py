"""Figures of calls, from records made by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ops.bench.calls.record import Record, Reply
from ops.bench.calls.scores import Played, figures, overhead_ms

MARKS = {
    "speech_ended": 0.0,
    "committed": 500.0,
    "final": 502.0,
    "generation_started": 503.0,
    "first_token": 520.0,
    "first_clause": 560.0,
    "first_audio": 642.0,
    "audible": 644.0,
}
ENGINES = {"first_token": 15.0, "first_audio": 78.0}


def played(name: str, *audible_ms: float, last_ms: float = 1000.0, used: bool = False) -> Played:
    replies = [
        Reply(
            f"{index}",
            at_ms - 1,
            begun_ms=at_ms - 10,
            audible_ms=at_ms,
            done={
                "antiphon": {
                    "timeline_ms": MARKS,
                    "engines_ms": ENGINES,
                    "speculation": {"used": used, "wasted": 2},
                }
            },
            speech_sent_ms=last_ms + 60,
        )
        for index, at_ms in enumerate(audible_ms)
    ]
    return Played(name, last_ms, Record(replies))


def test_the_answer_to_the_whole_clip_counts() -> None:
    one = played("a", 700.0, 1400.0)
    assert one.cut_off
    assert one.voice_to_voice_ms == 400
    assert played("b").voice_to_voice_ms is None
    assert not played("b").cut_off


def test_overhead_is_what_no_engine_took_up_to_the_ear() -> None:
    # The gateway has its mark `audible` 644 ms after the end of speech, the caller the voice 70 ms later, and
    # 10 ms after that it can be heard.
    at_mark = 1060 + 644
    assert overhead_ms(played("a", at_mark + 70.0 + 10.0)) == pytest.approx(3 + 2 + 4 + 2 + 70)
    assert overhead_ms(played("a")) is None


def test_overhead_does_not_depend_on_where_the_label_has_the_end_of_speech() -> None:
    one = played("a", 1774.0)
    assert overhead_ms(replace(one, last_ms=990.0)) == overhead_ms(one)


def test_without_the_marks_of_both_sides_no_overhead_is_known() -> None:
    untold, unsent = played("a", 1700.0), played("a", 1700.0)
    untold.record.replies[0].done = {}
    unsent.record.replies[0].speech_sent_ms = None
    assert overhead_ms(untold) is None
    assert overhead_ms(unsent) is None


def test_figures() -> None:
    trusting = [played("a", 1400.0, used=True), played("b", 800.0, 1500.0)]
    waiting = [played("a", 1900.0), played("b", 2000.0)]
    told = figures(trusting, waiting, waiting[:1])
    assert told["voice_to_voice_ms"] == {"p50": 450, "p95": 495, "max": 500}
    assert told["cutoff_share"] == 0.5
    assert told["unanswered_share"] == 0
    assert told["speculation"] == {"used": 1, "wasted": 4, "saved_ms": 500}
    assert told["hops_ms"]["committed until final"] == 2
    assert figures([], [], [])["cutoff_share"] is None
