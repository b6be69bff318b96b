from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path

import numpy as np

from ops.bench.calls.webrtc_line import dial
from server.webrtc.opus import FRAME_BYTES, FRAME_SAMPLES, RATE_HZ
from tests.ops.bench.calls.echo_gateway import echoes_of

TONE_HZ = 400
LOUD = 8000


def test_audio_and_events_travel_both_ways(tmp_path: Path) -> None:
    # A whole number of periods: the tone goes on from frame to frame.
    times = np.arange(FRAME_SAMPLES) / RATE_HZ
    tone = (LOUD * np.sin(2 * np.pi * TONE_HZ * times)).astype(np.int16)
    audio, events = asyncio.run(echoes_of(dial, tmp_path, tone.tobytes()))
    assert {len(frame) for frame in audio} == {FRAME_BYTES}
    heard = np.frombuffer(b"".join(audio), np.int16).astype(np.float64)
    spectrum = np.abs(np.fft.rfft(heard))
    loudest_hz = float(np.argmax(spectrum)) * RATE_HZ / len(heard)
    assert abs(loudest_hz - TONE_HZ) < 10
    assert events[-1]["type"] == "antiphon.state"


def test_what_gets_lost_is_not_heard(tmp_path: Path) -> None:
    loud = np.full(FRAME_SAMPLES, LOUD, np.int16).tobytes()
    losing = partial(dial, lost_share=1.0)
    audio, events = asyncio.run(echoes_of(losing, tmp_path, loud, heard=False))
    assert events
    # What is made up in its place begins at nothing.
    assert np.abs(np.frombuffer(b"".join(audio), np.int16)).max(initial=0) < LOUD / 100
