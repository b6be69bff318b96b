"""Resampling, encoding, and where words are in what the caller gets."""

from __future__ import annotations

import numpy as np
import pytest

from antiphon.audio import Encoding, decode
from inference.tts.engine import Piece, Span, TimedWord
from inference.tts.output import SENTENCE_PAUSE_MS, Chunk, Format, Output, merge

RATE_HZ = 22_050
WORD = Span(0, 5)


def tone(ms: int) -> np.ndarray:
    return (np.sin(np.arange(RATE_HZ * ms // 1000) / 20) * 8000).astype(np.int16)


def speak(output: Output, *pieces: Piece, mark: str = "") -> list[Chunk]:
    output.begin_clause()
    chunks = [output.feed(piece) for piece in pieces]
    output.end_clause(mark)
    return [chunk for chunk in chunks if chunk is not None]


@pytest.mark.parametrize("encoding", list(Encoding))
@pytest.mark.parametrize("rate_hz", [8000, 22_050, 48_000])
def test_the_audio_is_all_there(encoding: Encoding, rate_hz: int) -> None:
    output = Output(RATE_HZ, Format(encoding, rate_hz))
    chunks = speak(output, *[Piece(tone(100)) for _ in range(5)])
    chunks += [chunk for chunk in [output.flush()] if chunk is not None]
    samples = np.concatenate([decode(chunk.audio, encoding) for chunk in chunks])
    assert len(samples) == pytest.approx(rate_hz / 2, abs=rate_hz / 2000)
    assert output.end_ms == pytest.approx(len(samples) * 1000 / rate_hz)
    place = 0
    for chunk in chunks:
        assert chunk.start_ms == pytest.approx(place * 1000 / rate_hz)
        place += len(decode(chunk.audio, encoding))
    level = np.sqrt(np.mean(samples.astype(float) ** 2))
    assert level == pytest.approx(8000 / np.sqrt(2), rel=0.05)


def test_the_voices_own_rate_passes_untouched() -> None:
    output = Output(RATE_HZ, Format(Encoding.PCM_S16LE, RATE_HZ))
    (chunk,) = speak(output, Piece(tone(50)))
    assert np.array_equal(decode(chunk.audio, Encoding.PCM_S16LE), tone(50))
    assert output.flush() is None


@pytest.mark.parametrize("rate_hz", [8000, RATE_HZ])
def test_a_word_is_told_with_the_chunk_that_it_begins_in(rate_hz: int) -> None:
    output = Output(RATE_HZ, Format(Encoding.PCM_S16LE, rate_hz))
    words = (TimedWord(Span(0, 2), 10, 90), TimedWord(Span(3, 5), 450, 490))
    first, second = speak(output, Piece(tone(400), words), Piece(tone(400)))
    assert [word.span for word in first.words] == [Span(0, 2)]
    assert [(word.span, word.start_ms) for word in second.words] == [(Span(3, 5), 450)]


def test_words_that_the_resampler_holds_back_come_with_the_rest() -> None:
    output = Output(RATE_HZ, Format(Encoding.PCM_S16LE, 8000))
    speak(output, Piece(tone(100), (TimedWord(WORD, 99.9, 100),)))
    rest = output.flush()
    assert rest is not None
    assert [word.span for word in rest.words] == [WORD]


@pytest.mark.parametrize(("mark", "pause_ms"), [(".", SENTENCE_PAUSE_MS), (",", 0), ("", 0)])
def test_sentences_are_apart(mark: str, pause_ms: int) -> None:
    output = Output(RATE_HZ, Format(Encoding.PCM_S16LE, RATE_HZ))
    speak(output, Piece(tone(100)), mark=mark)
    (chunk,) = speak(output, Piece(tone(100), (TimedWord(WORD, 5, 50),)))
    assert chunk.words[0].start_ms == pytest.approx(100 + pause_ms + 5, abs=0.1)
    samples = decode(chunk.audio, Encoding.PCM_S16LE)
    assert len(samples) == pytest.approx(RATE_HZ * (100 + pause_ms) / 1000, abs=2)
    assert not samples[: RATE_HZ * pause_ms // 1000].any()


def test_positions_go_on_after_a_flush() -> None:
    output = Output(RATE_HZ, Format(Encoding.PCM_S16LE, 16_000))
    speak(output, Piece(tone(100)))
    output.flush()
    end_ms = output.end_ms
    chunks = speak(output, Piece(tone(100), (TimedWord(WORD, 0, 50),)))
    assert chunks[0].start_ms == end_ms == chunks[0].words[0].start_ms


def test_neighbours_for_one_written_word_are_one() -> None:
    times = [TimedWord(WORD, 0, 10), TimedWord(WORD, 12, 20), TimedWord(Span(6, 7), 30, 40)]
    assert merge(times) == [TimedWord(WORD, 0, 20), TimedWord(Span(6, 7), 30, 40)]
