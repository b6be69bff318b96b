from __future__ import annotations

from typing import Any

import numpy as np

from ops.talk.exchange import RATE_HZ, WINDOW_SAMPLES, Exchange

LOUD = np.full(WINDOW_SAMPLES, 3000, np.int16)
QUIET = np.full(WINDOW_SAMPLES, 50, np.int16)  # -56 dBFS


def told(*events: dict[str, Any]) -> Exchange:
    exchange = Exchange(speech_ended_ms=900.0)
    for at_ms, event in enumerate(events):
        exchange.take(event, float(at_ms))
    return exchange


def heard(text: str) -> dict[str, Any]:
    return {"type": "conversation.item.input_audio_transcription.completed", "transcript": text}


def done(status: str, **more: Any) -> dict[str, Any]:
    return {"type": "response.done", "response": {"status": status, **more}}


CREATED = {"type": "response.created"}
WORD = {"type": "response.output_audio_transcript.delta", "delta": "Eggs."}
STOPPED = {"type": "output_audio_buffer.stopped"}


def test_what_was_heard_is_joined() -> None:
    partial = {"type": "conversation.item.input_audio_transcription.delta"}
    exchange = told({**partial, "antiphon": {"text": "what"}}, heard("What"), heard("is it?"))
    assert exchange.heard == "What is it?"
    assert [(one.at_ms, one.text) for one in exchange.partials] == [(0.0, "what")]


def test_a_reply_is_complete_when_its_audio_has_been_played() -> None:
    exchange = told(CREATED, WORD)
    assert exchange.responding
    exchange.hear(LOUD, 5.0)
    exchange.take(done("completed", antiphon={"timeline_ms": {"final": 500.0}}), 6.0)
    assert (exchange.status, exchange.timeline_ms) == ("completed", {"final": 500.0})
    assert not exchange.responding
    assert not exchange.complete
    exchange.take(STOPPED, 7.0)
    assert exchange.complete
    assert exchange.answered == "Eggs."
    assert np.array_equal(exchange.audio, LOUD)


def test_a_reply_without_audio_is_complete_at_its_end() -> None:
    assert told(CREATED, done("completed")).complete
    failed = told(CREATED)
    failed.hear(LOUD, 1.0)
    failed.take(done("failed"), 2.0)
    assert failed.complete


def test_a_cancelled_reply_is_not_the_answer_though_nothing_of_it_was_heard() -> None:
    assert not told(CREATED, done("cancelled")).complete


def test_while_the_caller_is_being_heard_no_reply_is_the_last() -> None:
    exchange = told(CREATED, done("completed"))
    assert exchange.complete
    exchange.take({"type": "input_audio_buffer.speech_started"}, 3.0)
    assert exchange.replied and not exchange.complete
    exchange.take(heard(""), 4.0)
    assert exchange.complete
    exchange.take(heard("and then?"), 5.0)
    assert not exchange.complete


def test_a_new_reply_replaces_the_one_before() -> None:
    exchange = told(CREATED, WORD)
    exchange.hear(LOUD, 5.0)
    exchange.take(done("cancelled"), 6.0)
    exchange.take(CREATED, 7.0)
    assert (exchange.answered, exchange.audible_ms, len(exchange.audio)) == ("", None, 0)
    assert not exchange.complete


def test_the_reply_has_started_with_its_first_audible_window() -> None:
    exchange = Exchange(speech_ended_ms=900.0)
    assert exchange.voice_to_voice_ms is None
    exchange.hear(LOUD[:-1], 1000.0)
    exchange.hear(QUIET, 1100.0)
    assert exchange.audible_ms is None
    exchange.hear(np.concatenate([QUIET, LOUD]), 1200.0)
    exchange.hear(LOUD, 1300.0)
    assert exchange.voice_to_voice_ms == 300.0
    assert WINDOW_SAMPLES * 100 == RATE_HZ


def test_a_problem_is_kept_and_an_unknown_event_is_not() -> None:
    exchange = told(
        {"type": "error", "error": {"message": "full"}}, {"type": "rate_limits.updated"}
    )
    assert exchange.problem == "full"
    assert exchange == Exchange(speech_ended_ms=900.0, problem="full")
