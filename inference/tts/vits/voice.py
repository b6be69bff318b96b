"""The Coqui engine: a clause's words to sound, its beginning long before its end."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from antiphon.audio import Float32, from_float
from antiphon.errors import Unavailable
from inference.tts.engine import EngineInfo, Piece, Said, Speech, TimedWord
from inference.tts.stage import AnyStage, Making, Stage
from inference.tts.vits import silence, stages
from inference.tts.vits.chunks import MAX_FRAMES, Chunk, lengths, plan, surrounded
from inference.tts.vits.latent import Latent
from inference.tts.vits.network import Ids, Network, Profile
from inference.tts.vits.phonemes import Phoneme, Phonemiser, breaths, spell

# Sound may begin a little before its first phoneme does: an "s" was heard 23 ms early.
LEAD_FRAMES = 3
# Where a long clause is cut at no mark, the voice's own 200 ms of closing silence would be heard as one.
TAIL_FRAMES = 4

# 5.8 s for one phoneme: no speech, and weights that are damaged could ask for gigabytes.
MAX_PHONEME_FRAMES = 500

Frames = NDArray[np.int64]
Noise = Callable[[tuple[int, ...]], Float32]  # a shape to standard normal values


def gaussian(random: np.random.Generator) -> Noise:
    """Return the noise that makes no two utterances of a text quite the same."""
    return lambda shape: random.standard_normal(shape, np.float32)


class VitsVoice:
    """One VITS voice. The text encoder runs once a clause, flow and decoder a piece at a time."""

    def __init__(
        self,
        network: Network,
        profile: Profile,
        phonemiser: Phonemiser,
        noise: Noise | None = None,
        *,
        aligned: bool = False,
    ) -> None:
        """`aligned`: compute in windows of a few lengths, a little longer, which calls can share."""
        self._network = network
        self._profile = profile
        self._phonemiser = phonemiser
        self._noise = noise or gaussian(np.random.default_rng())
        self._aligned = aligned
        self._ids = {character: number for number, character in enumerate(profile.alphabet)}

    @property
    def info(self) -> EngineInfo:
        """What it runs."""
        language, _, region = self._profile.espeak_language.partition("-")
        bcp47 = f"{language}-{region.upper()}" if region else language
        return EngineInfo("coqui", bcp47, self._profile.sample_rate_hz)

    def speak(self, words: Sequence[Said], speed: float) -> Speech:
        """See `Voice.speak`; what the voice has no sound for is left out."""
        spelling = Stage(None, lambda given: [spell(one, self._phonemiser) for one in given], words)
        yield spelling
        spelt = [phoneme for phoneme in spelling.made if phoneme.character in self._ids]
        samples = 0
        for part in breaths(spelt):
            if any(phoneme.word is not None for phoneme in part):
                last = part[-1] is spelt[-1]
                for item in self._say(words, part, speed, closing=last and bool(words[-1].mark)):
                    if isinstance(item, Stage):
                        yield item
                    else:
                        yield self._placed(item, samples)
                        samples += len(item.samples)

    def close(self) -> None:
        """End the phonemiser."""
        self._phonemiser.close()

    def _say(
        self, words: Sequence[Said], spelt: Sequence[Phoneme], speed: float, *, closing: bool
    ) -> Generator[Piece | AnyStage, None, None]:
        """Yield one part of a clause; without `closing` its own closing silence is left out."""
        ids, owners = self._interleave(spelt)
        prior, frames = yield from self._encode(ids, speed)
        context = self._profile.flow_context_frames
        latent = Latent(self._network, prior, context, aligned=self._aligned)
        spoken = word_frames(frames, owners)
        first = max(0, min(start for _, start, _ in spoken) - LEAD_FRAMES)
        end = latent.frames if closing else min(latent.frames, spoken[-1][2] + TAIL_FRAMES)
        chunks = plan(first, end)
        head = yield from self._decode(latent, next(chunks))
        skipped = silence.leading(head, self._profile.sample_rate_hz)
        origin = first * self._profile.hop_samples + skipped
        yield Piece(from_float(head[skipped:]), self._times(words, spoken, origin))
        for chunk in chunks:
            yield Piece(from_float((yield from self._decode(latent, chunk))))

    def _interleave(self, spelt: Sequence[Phoneme]) -> tuple[Ids, list[int | None]]:
        """Put a blank around each phoneme, and the marks of begin and end around all."""
        profile = self._profile
        ids = [profile.bos_id, profile.blank_id]
        owners: list[int | None] = [None, None]
        for phoneme in spelt:
            ids += [self._ids[phoneme.character], profile.blank_id]
            owners += [phoneme.word, phoneme.word]
        return np.array([[*ids, profile.eos_id]], np.int64), [*owners, None]

    def _encode(self, ids: Ids, speed: float) -> Making[tuple[Float32, Frames]]:
        profile = self._profile
        noise = self._noise((1, 2, ids.shape[1])) * np.float32(profile.duration_noise_scale)
        encoded = yield from stages.encode(self._network, ids, noise, 1 / speed)
        frames = whole_frames(encoded.frames)
        mean = np.repeat(encoded.mean, frames, axis=2)
        spread = np.exp(np.repeat(encoded.log_scale, frames, axis=2))
        return mean + self._noise(mean.shape) * spread * np.float32(profile.noise_scale), frames

    def _decode(self, latent: Latent, chunk: Chunk) -> Making[Float32]:
        return decode_chunk(self._network, self._profile, latent, chunk, aligned=self._aligned)

    def _placed(self, piece: Piece, samples: int) -> Piece:
        """Return `piece` with its words' times counted from `samples` before it."""
        ms = samples * 1000 / self._profile.sample_rate_hz
        return Piece(
            piece.samples,
            tuple(TimedWord(w.span, ms + w.start_ms, ms + w.end_ms) for w in piece.words),
        )

    def _times(
        self, words: Sequence[Said], spoken: Sequence[tuple[int, int, int]], origin: int
    ) -> tuple[TimedWord, ...]:
        """Return the words' times, counted from the sample `origin` of the clause."""

        def ms(frame: int) -> float:
            samples = max(0, frame * self._profile.hop_samples - origin)
            return samples * 1000 / self._profile.sample_rate_hz

        return tuple(TimedWord(words[word].span, ms(start), ms(end)) for word, start, end in spoken)


def decode_chunk(
    network: Network, profile: Profile, latent: Latent, chunk: Chunk, *, aligned: bool = False
) -> Making[Float32]:
    """Return the samples of one chunk, decoded with what surrounds it and so equal to the whole's."""
    context = profile.decoder_context_frames
    shared = lengths(MAX_FRAMES, context) if aligned else ()
    taken = surrounded(chunk, latent.frames, context, shared)
    samples = yield from stages.decode(network, (yield from latent.window(taken)))
    first = (chunk.first - taken.first) * profile.hop_samples
    return samples[0, first : first + (chunk.end - chunk.first) * profile.hop_samples]


def whole_frames(durations: Float32) -> Frames:
    """Return durations rounded up; raise `Unavailable` where they are none that a voice could mean."""
    if not (durations <= MAX_PHONEME_FRAMES).all():  # a NaN is not, either
        raise Unavailable(
            "the voice computed durations that are no speech; its weights may be damaged: see "
            "`antiphon models verify`"
        )
    return np.ceil(durations).astype(np.int64)


def word_frames(frames: Frames, owners: Sequence[int | None]) -> list[tuple[int, int, int]]:
    """Return (word, first frame, end frame) of each word that has phonemes, in order."""
    ends = np.cumsum(frames)
    found: list[tuple[int, int, int]] = []
    for owner, indices in groupby(range(len(owners)), key=lambda index: owners[index]):
        within = list(indices)
        if owner is not None:
            first = within[0]
            found.append((owner, int(ends[first] - frames[first]), int(ends[within[-1]])))
    return found
