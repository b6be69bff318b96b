"""How long engines on a card take with many sessions, as published. Pure."""

from __future__ import annotations

from ops.bench.crowd.appliance import Delays

# What is published at one stream is published at so many, too.
FULL_STREAMS = 64
# Magpie on an H100: first audio after 78 ms at one stream, 110 at 64.
VOICE_AT_64 = 110 / 78
# No such pair for Whisper or Llama 3.1 8B: both as NVIDIA's blueprint grows in all, 0.79 s to 1.00 s.
OTHERS_AT_64 = 1.00 / 0.79
# NVIDIA NIM, Llama 3.1 8B at one stream.
TOKEN_MS = 10.3


def grown(sessions: int) -> Delays:
    """Return the medians at so many sessions: in proportion between 1 and 64, and beyond without a bound."""
    usual = Delays()
    others = _stretch(OTHERS_AT_64, sessions)
    return Delays(
        final=usual.final * others,
        first_token=usual.first_token * others,
        token=TOKEN_MS * others,
        first_audio=usual.first_audio * _stretch(VOICE_AT_64, sessions),
    )


def _stretch(at_64: float, sessions: int) -> float:
    return 1 + (at_64 - 1) * (sessions - 1) / (FULL_STREAMS - 1)
