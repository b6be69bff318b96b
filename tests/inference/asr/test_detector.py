"""The constants that endpointing and detectors share."""

from __future__ import annotations

from inference.asr.detector import CHUNK_MS, CHUNK_SAMPLES


def test_a_chunk_is_32_ms() -> None:
    assert CHUNK_MS * 16 == CHUNK_SAMPLES
