"""What a benchmark's caller notes."""

from __future__ import annotations

import numpy as np
import pytest

from antiphon.audio import Encoding, encode
from ops.bench.calls.record import RATE_HZ, Record, first_audible_ms, window_levels_db

LOUD = encode(np.full(RATE_HZ // 50, 5000, np.int16), Encoding.PCM_S16LE)
FAINT = encode(np.full(RATE_HZ // 50, 30, np.int16), Encoding.PCM_S16LE)
QUIET = encode(np.zeros(RATE_HZ // 50, np.int16), Encoding.PCM_S16LE)


def created(name: str) -> dict[str, object]:
    return {"type": "response.created", "response": {"id": name}}


def done(name: str, **antiphon: object) -> dict[str, object]:
    return {"type": "response.done", "response": {"id": name, "antiphon": antiphon}}


def test_a_reply_is_audible_from_its_first_loud_10_ms() -> None:
    record = Record()
    record.audio(LOUD, 50)  # of no reply that was announced
    record.event(created("a"), 100)
    record.audio(QUIET, 120)
    record.audio(QUIET[: len(QUIET) // 2] + LOUD[: len(LOUD) // 2], 140)
    record.audio(LOUD, 160)
    assert [reply.audible_ms for reply in record.replies] == [150]
    assert record.audible_before(151)
    assert not record.audible_before(150)
    reply = record.audible_after(150)
    assert reply is not None and reply.id == "a"
    assert record.audible_after(151) is None


def test_a_voice_that_begins_quietly_is_heard_at_its_own_pace_though_it_comes_at_once() -> None:
    record = Record()
    record.event(created("a"), 100)
    for piece in (FAINT, FAINT, LOUD):
        record.audio(piece, 120)
    (reply,) = record.replies
    assert (reply.begun_ms, reply.audible_ms) == (120, 160)


def test_a_voice_begins_after_the_silence_that_a_line_carries_and_where_it_comes_late_is_late() -> (
    None
):
    record = Record()
    record.event(created("a"), 100)
    for piece, at_ms in ((QUIET, 120), (FAINT, 140), (LOUD, 190)):
        record.audio(piece, at_ms)
    (reply,) = record.replies
    assert (reply.begun_ms, reply.audible_ms) == (140, 190)


def test_a_reply_tells_how_it_was_made() -> None:
    record = Record()
    record.event(created("a"), 0)
    record.event(created("b"), 1)
    assert record.replies[0].timeline_ms == {}
    measured = {
        "timeline_ms": {"audible": 5.0},
        "engines_ms": {"first_token": 1.0},
        "speculation": {"used": True},
    }
    record.event(done("a", **measured), 2)
    first, second = record.replies
    assert first.timeline_ms == {"audible": 5.0}
    assert first.engines_ms == {"first_token": 1.0}
    assert first.speculation == {"used": True}
    assert second.done is None


def test_a_reply_knows_when_the_end_of_what_it_answers_was_sent() -> None:
    record = Record()
    for until_ms, at_ms in ((20, 21), (40, 45), (60, 61)):
        record.sent(until_ms, at_ms)
    record.event(created("greeting"), 62)
    for end_ms in (20, 21, 61):
        stopped = {"type": "input_audio_buffer.speech_stopped", "audio_end_ms": end_ms}
        record.event(stopped, 70)
        record.event(created(f"after {end_ms}"), 71)
    assert [reply.speech_sent_ms for reply in record.replies] == [None, 21, 45, None]


def test_the_rest_is_noted() -> None:
    record = Record()
    record.event(
        {"type": "conversation.item.input_audio_transcription.completed", "transcript": "hi"}, 1
    )
    record.event({"type": "output_audio_buffer.cleared"}, 2)
    record.event({"type": "error", "error": {"message": "no"}}, 3)
    assert (record.heard, record.stopped_ms, record.problems) == (["hi"], [2], ["no"])


def test_levels() -> None:
    half = np.full(RATE_HZ // 100, 16_384, np.int16)
    assert window_levels_db(half)[0] == pytest.approx(-6.02, abs=0.01)
    assert first_audible_ms(np.zeros(RATE_HZ, np.int16)) is None
