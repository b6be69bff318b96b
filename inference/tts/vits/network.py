"""What a VITS network is to the engine, whichever runtime computes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from numpy.typing import NDArray

from antiphon.audio import Float32

Ids = NDArray[Any]  # int64, shape (1, phonemes)


@dataclass(frozen=True, slots=True)
class Profile:
    """What is fixed about one voice, read from its Coqui configuration."""

    alphabet: tuple[str, ...]  # index: the id
    bos_id: int
    eos_id: int
    blank_id: int
    espeak_language: str
    sample_rate_hz: int
    hop_samples: int  # of audio for one latent frame
    channels: int  # of a latent frame
    noise_scale: float
    duration_noise_scale: float
    length_scale: float
    flow_context_frames: int  # on each side, beyond which the flow's output cannot change
    decoder_context_frames: int  # likewise of the decoder


@dataclass(frozen=True, slots=True)
class Encoded:
    """What the text encoder and the duration predictor make of a clause."""

    mean: Float32  # (1, channels, phonemes)
    log_scale: Float32  # (1, channels, phonemes)
    frames: Float32  # (phonemes,): how long each sounds, not yet rounded up


class Network(Protocol):
    """The three parts of VITS that speak; none holds state, or lets one caller's sound change another's."""

    def encode(self, ids: Ids, noise: Float32, stretch: float) -> Encoded:
        """Return what to say and for how long; `noise` is (1, 2, phonemes), already scaled."""
        ...

    def flow(self, latent: Float32) -> Float32:
        """Return the decoder's input, (calls, channels, frames), for as many frames of prior."""
        ...

    def decode(self, latent: Float32) -> Float32:
        """Return the samples, (calls, frames * hop), of (calls, channels, frames)."""
        ...
