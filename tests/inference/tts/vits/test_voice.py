"""A clause's words to sound, over a network whose sound is known."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest

from antiphon.audio import Float32
from antiphon.errors import Unavailable
from inference.tts.engine import Piece, Said, Span
from inference.tts.stage import without_stages
from inference.tts.vits.chunks import MAX_FRAMES, lengths
from inference.tts.vits.network import Encoded
from inference.tts.vits.phonemes import MAX_PHONEMES
from inference.tts.vits.voice import (
    LEAD_FRAMES,
    MAX_PHONEME_FRAMES,
    TAIL_FRAMES,
    VitsVoice,
    gaussian,
    whole_frames,
    word_frames,
)
from tests.inference.tts.vits.networks import FRAMES_A_PHONEME, PROFILE, CountedNetwork, Spelling

FRAME_MS = PROFILE.hop_samples * 1000 / PROFILE.sample_rate_hz
WORDS = [Said("hello", Span(0, 5)), Said("world", Span(6, 11), ".")]


def zeros(shape: tuple[int, ...]) -> Float32:
    return np.zeros(shape, np.float32)


def voice(network: CountedNetwork) -> VitsVoice:
    return VitsVoice(network, PROFILE, Spelling(), zeros)


def speak(words: Sequence[Said], speed: float = 1.0) -> tuple[CountedNetwork, list[Piece]]:
    network = CountedNetwork()
    return network, list(without_stages(voice(network).speak(words, speed)))


def test_ids_have_blanks_between_and_marks_around() -> None:
    network, _ = speak([Said("ab", Span(0, 2), ".")])
    a, b, dot = (PROFILE.alphabet.index(letter) for letter in "ab.")
    assert network.ids == [2, 3, a, 3, b, 3, dot, 3, 1]


def test_pieces_are_the_whole_clause() -> None:
    _, pieces = speak(WORDS)
    # Begin, blank, 12 characters with a blank each, end: 27 phonemes of 7 frames.
    frames = FRAMES_A_PHONEME * 27
    first = 2 * FRAMES_A_PHONEME - LEAD_FRAMES
    assert len(pieces) > 1
    heard = np.concatenate([piece.samples for piece in pieces])
    assert len(heard) == (frames - first) * PROFILE.hop_samples
    prior = np.repeat(np.linspace(0.1, 0.9, 27, dtype=np.float32), FRAMES_A_PHONEME)
    whole = CountedNetwork()
    sound = whole.decode(whole.flow(np.stack([prior, -prior])[None]))
    assert np.abs(heard / 32_768 - sound[0, first * PROFILE.hop_samples :]).max() < 1e-4


def test_aligned_windows_make_the_same_sound() -> None:
    network = CountedNetwork()
    aligned = VitsVoice(network, PROFILE, Spelling(), zeros, aligned=True)
    pieces = list(without_stages(aligned.speak(WORDS * 2, 1.0)))
    plain, unaligned = speak(WORDS * 2)
    assert network.decoded != plain.decoded
    assert set(network.decoded) <= set(lengths(MAX_FRAMES, PROFILE.decoder_context_frames))
    for one, other in zip(pieces, unaligned, strict=True):
        assert np.abs(one.samples.astype(int) - other.samples).max() <= 1
        assert one.words == other.words


def test_the_first_piece_waits_for_little() -> None:
    network = CountedNetwork()
    next(without_stages(voice(network).speak(WORDS * 5, 1.0)))
    context = 2 * PROFILE.decoder_context_frames
    assert network.decoded == [20 + context]
    assert network.flowed[0] < 60


def test_words_have_their_times() -> None:
    _, pieces = speak(WORDS)
    assert [word.span for word in pieces[0].words] == [word.span for word in WORDS]
    assert all(not piece.words for piece in pieces[1:])
    hello, world = pieces[0].words
    # Five letters with a blank each; the space between has a blank, too.
    assert hello.start_ms == pytest.approx(LEAD_FRAMES * FRAME_MS)
    assert hello.end_ms - hello.start_ms == pytest.approx(10 * FRAMES_A_PHONEME * FRAME_MS)
    assert world.start_ms - hello.end_ms == pytest.approx(2 * FRAMES_A_PHONEME * FRAME_MS)


def test_speed() -> None:
    def length(speed: float) -> int:
        return sum(len(piece.samples) for piece in speak(WORDS, speed)[1])

    assert length(0.5) > 1.8 * length(1.0) > 3 * length(2.0)


def test_a_clause_cut_at_no_mark_has_no_closing_silence() -> None:
    open_ended = [*WORDS[:1], Said("world", Span(6, 11))]
    _, pieces = speak(open_ended)
    samples = sum(len(piece.samples) for piece in pieces)
    end_ms = samples * 1000 / PROFILE.sample_rate_hz
    assert end_ms == pytest.approx(pieces[0].words[-1].end_ms + TAIL_FRAMES * FRAME_MS)


@pytest.mark.parametrize("text", ["", "你好", "xyz"])
def test_what_has_no_sound_is_not_spoken(text: str) -> None:
    network, pieces = speak([Said(text, Span(0, 3), ".")])
    assert (pieces, network.ids) == ([], [])


def test_a_clause_too_long_is_spoken_in_parts_that_follow_each_other() -> None:
    words = [Said("ab" * 10, Span(place, place + 1)) for place in range(30)]
    network, pieces = speak([*words[:-1], Said("ab", Span(29, 30), ".")])
    assert len(network.ids) < 2 * MAX_PHONEMES
    times = [word for piece in pieces for word in piece.words]
    assert [word.span.start for word in times] == list(range(30))
    assert all(one.end_ms <= other.start_ms for one, other in pairwise(times))
    begun = 0.0
    for piece in pieces:
        assert all(word.start_ms >= begun for word in piece.words)
        begun += len(piece.samples) * 1000 / PROFILE.sample_rate_hz
    assert begun > times[-1].end_ms


def test_leading_silence_is_trimmed_from_sound_and_times() -> None:
    class Late(CountedNetwork):
        def decode(self, latent: np.ndarray) -> np.ndarray:
            sound = super().decode(latent)
            if len(self.decoded) == 1:
                sound[:, : 15 * PROFILE.hop_samples] = 0
            return sound

    def length(network: CountedNetwork) -> tuple[int, float]:
        pieces = list(without_stages(voice(network).speak(WORDS, 1.0)))
        return sum(len(piece.samples) for piece in pieces), pieces[0].words[1].start_ms

    (whole, start_ms), (trimmed, trimmed_ms) = length(CountedNetwork()), length(Late())
    cut_ms = (whole - trimmed) * 1000 / PROFILE.sample_rate_hz
    assert cut_ms > 10
    assert trimmed_ms == pytest.approx(start_ms - cut_ms)


def test_it_says_what_it_is_and_closes() -> None:
    spelling = Spelling()
    one = VitsVoice(CountedNetwork(), PROFILE, spelling)
    assert (one.info.name, one.info.language) == ("coqui", "en-US")
    one.close()
    assert spelling.closed


def test_damaged_weights_are_told() -> None:
    class Broken(CountedNetwork):
        def encode(self, ids: np.ndarray, noise: np.ndarray, stretch: float) -> Encoded:
            found = super().encode(ids, noise, stretch)
            return Encoded(found.mean, found.log_scale, found.frames * np.float32("nan"))

    with pytest.raises(Unavailable, match="antiphon models verify"):
        list(without_stages(voice(Broken()).speak(WORDS, 1.0)))


def test_frames() -> None:
    assert list(whole_frames(np.array([0.0, 0.2, 3.0], np.float32))) == [0, 1, 3]
    with pytest.raises(Unavailable):
        whole_frames(np.array([MAX_PHONEME_FRAMES + 1], np.float32))
    frames = np.array([2, 1, 3, 4, 5])
    assert word_frames(frames, [None, 0, 0, None, 1]) == [(0, 2, 6), (1, 10, 15)]


def test_noise_is_standard() -> None:
    noise = gaussian(np.random.default_rng(1))((1, 2, 5000))
    assert noise.dtype == np.float32
    assert noise.std() == pytest.approx(1, abs=0.05)
