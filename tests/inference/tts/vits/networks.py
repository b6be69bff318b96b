"""A network made for tests: a frame's sound tells which frame it is, and how far it was looked around."""

# ruff: noqa: RUF001 - these are letters of the phonetic alphabet
from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from antiphon.audio import Float32
from inference.tts.vits.network import Encoded, Ids, Profile

FRAMES_A_PHONEME = 7
PROFILE = Profile(
    alphabet=("_", "$", "^", "#", *"abdehlnortuwæəɪʌðɹ ,.?"),
    bos_id=2,
    eos_id=1,
    blank_id=3,
    espeak_language="en-us",
    sample_rate_hz=16_000,
    hop_samples=160,
    channels=2,
    noise_scale=0.5,
    duration_noise_scale=0.5,
    length_scale=1.0,
    flow_context_frames=3,
    decoder_context_frames=2,
)


def _smear(values: Float32, reach: int) -> Float32:
    """Add to each frame its neighbours within `reach`, none beyond the ends: as a convolution does."""
    padded = np.pad(values, ((0, 0), (0, 0), (reach, reach)))
    length = values.shape[2]
    shifted = [padded[:, :, shift : shift + length] for shift in range(2 * reach + 1)]
    return np.asarray(sum(shifted) / (2 * reach + 1), np.float32)


class CountedNetwork:
    """Every phoneme takes 7 frames; counts what it was given."""

    def __init__(self) -> None:
        self.ids: list[int] = []
        self.flowed: list[int] = []
        self.decoded: list[int] = []
        self.calls: list[int] = []  # that each of them was for

    def encode(self, ids: Ids, noise: Float32, stretch: float) -> Encoded:
        self.ids = [int(number) for number in ids[0]]
        mean = np.linspace(0.1, 0.9, ids.shape[1], dtype=np.float32)
        both = np.stack([mean, -mean])[None]
        frames = np.full(ids.shape[1], FRAMES_A_PHONEME * stretch, np.float32)
        return Encoded(both, both - 5, frames)

    def flow(self, latent: Float32) -> Float32:
        self.flowed.append(latent.shape[2])
        self.calls.append(latent.shape[0])
        return _smear(latent, PROFILE.flow_context_frames)

    def decode(self, latent: Float32) -> Float32:
        self.decoded.append(latent.shape[2])
        self.calls.append(latent.shape[0])
        frames = _smear(latent, PROFILE.decoder_context_frames)[:, 0]
        return np.repeat(frames, PROFILE.hop_samples, axis=1)


class Spelling:
    """Says letters as they are written."""

    closed = False

    def phonemise(self, lines: Sequence[str]) -> list[str]:
        return list(lines)

    def alone(self, words: Sequence[str]) -> list[str]:
        return list(words)

    def close(self) -> None:
        self.closed = True
