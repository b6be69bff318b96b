"""What an Opus packet says of itself without being decoded (RFC 6716 section 3.1). Pure."""

from __future__ import annotations

# RFC 7587 section 4.1: RTP counts Opus at 48 kHz, whatever rate it is coded or played at.
CLOCK_HZ = 48_000
TICKS_PER_MS = CLOCK_HZ // 1000
MAX_TICKS = 120 * TICKS_PER_MS
# Discontinuous transmission sends the first byte alone, or with one more.
MAX_SILENCE_BYTES = 2

_SILK_MS = (10.0, 20.0, 40.0, 60.0)
_HYBRID_MS = (10.0, 20.0)
_CELT_MS = (2.5, 5.0, 10.0, 20.0)


def duration_ticks(payload: bytes) -> int:
    """Return how long the packet lasts, 0 where it holds no audio or is none that could be decoded."""
    if not payload:
        return 0
    ticks = int(_frame_ms(payload[0] >> 3) * TICKS_PER_MS) * _frames(payload)
    return ticks if ticks <= MAX_TICKS else 0


def is_silence(payload: bytes) -> bool:
    """Return whether the sender says that it pauses until there is something to hear."""
    return len(payload) <= MAX_SILENCE_BYTES


def _frame_ms(configuration: int) -> float:
    if configuration < 12:
        return _SILK_MS[configuration % 4]
    if configuration < 16:
        return _HYBRID_MS[configuration % 2]
    return _CELT_MS[configuration % 4]


def _frames(payload: bytes) -> int:
    code = payload[0] & 3
    if code < 3:
        return min(code, 1) + 1
    return payload[1] & 0x3F if len(payload) > 1 else 0
