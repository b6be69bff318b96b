from __future__ import annotations

import asyncio
from pathlib import Path

from ops.bench.calls.websocket_line import dial
from tests.ops.bench.calls.echo_gateway import echoes_of

FRAME = bytes(range(1, 241)) * 4


def test_audio_and_events_travel_both_ways(tmp_path: Path) -> None:
    audio, events = asyncio.run(echoes_of(dial, tmp_path, FRAME))
    assert set(audio) == {FRAME}
    assert events[-1]["type"] == "antiphon.state"
