"""Pieces, and the messages that tell them."""

from __future__ import annotations

from math import log

import numpy as np
import pytest

from antiphon.timing import Timing
from inference.asr import heard as tell
from inference.asr.engine import Alternative, Hypothesis, Speech, Word
from inference.asr.heard import Heard, believe
from inference.asr.job import Decoded

TIMING = Timing(1, 2, 0)


def speech(voiced_ms: float) -> Speech:
    return Speech(np.zeros(0, np.float32), start_ms=1000, voiced_ms=voiced_ms)


def test_words_are_timed_in_the_stream() -> None:
    hypothesis = Hypothesis("hi", "en", (Word("hi", 10, 30, 0.5),))
    heard = believe(Decoded(hypothesis, TIMING), speech(400))
    assert heard == Heard("hi", "en", (Word("hi", 1010, 1030, 0.5),), TIMING)


def test_what_is_not_believed_has_no_words() -> None:
    hypothesis = Hypothesis("Thank you.", "en", (Word("Thank", 0, 1, 0.1),))
    assert believe(Decoded(hypothesis, TIMING), speech(32)) == Heard("", "en", (), TIMING)


def test_positions_are_told_in_ms() -> None:
    assert tell.started(16_000).speech_started.start_ms == 1000
    assert tell.resumed(8_000).speech_resumed.start_ms == 500
    partial = tell.partial("so far", 2, 4_000).partial
    assert (partial.text, partial.stable_chars, partial.audio_ms) == ("so far", 2, 250)


def test_a_pause_tells_all_pieces_and_the_last_ones_probability() -> None:
    first = Heard("One.", "en", (), TIMING)
    last = Heard("Two.", "en", (), TIMING, end_of_turn=0.75)
    pause = tell.pause(16_000, [first, last]).pause
    assert (pause.text, pause.end_ms, pause.timing.compute_ms) == ("One. Two.", 1000, 2)
    assert pause.end_of_turn_probability == pytest.approx(0.75)
    assert not tell.pause(0, [first]).pause.HasField("end_of_turn_probability")


def test_a_final_tells_everything() -> None:
    words = (Word("One.", 0, 20, 0.9),)
    pieces = [Heard("One.", "de", words, TIMING), Heard("", "de", (), TIMING, end_of_turn=0.0)]
    final = tell.final(160, 1600, pieces, from_pause=True).final
    assert (final.text, final.language, final.start_ms, final.end_ms) == ("One.", "de", 10, 100)
    assert [(word.text, word.end_ms) for word in final.words] == [("One.", 20)]
    assert final.from_pause
    assert final.HasField("end_of_turn_probability")


def test_nothing() -> None:
    assert tell.nothing(32).final.text == ""
    assert tell.nothing(32).final.end_ms == 2


def test_how_likely_a_final_is() -> None:
    one = Heard("One.", "en", (), TIMING, tokens=1, average_log_probability=log(0.5))
    three = Heard("And more.", "en", (), TIMING, tokens=3, average_log_probability=log(0.25))
    noise = Heard("", "en", (), TIMING, tokens=50, average_log_probability=-9)
    unknown = Heard("One.", "en", (), TIMING)

    def probability(*pieces: Heard) -> float:
        return tell.final(0, 0, pieces, from_pause=False).final.probability

    assert probability(one) == pytest.approx(0.5)
    assert probability(one, three) == pytest.approx((0.5 * 0.25**3) ** (1 / 4))
    assert probability(one, noise) == pytest.approx(0.5)
    assert probability(unknown) == 0
    assert probability(noise) == 0


def test_a_single_piece_has_alternatives() -> None:
    others = (Alternative("Won.", log(0.25)), Alternative("Wan.", log(0.125)))
    decoded = Decoded(Hypothesis("One.", "en", tokens=1, alternatives=others), TIMING)
    heard = believe(decoded, speech(400))
    told = tell.final(0, 0, [heard], from_pause=False).final.alternatives
    assert [(other.text, round(other.probability, 6)) for other in told] == [
        ("Won.", 0.25),
        ("Wan.", 0.125),
    ]
    assert not tell.final(0, 0, [heard, heard], from_pause=False).final.alternatives
    doubted = believe(decoded, speech(32))
    assert not tell.final(0, 0, [doubted], from_pause=False).final.alternatives
