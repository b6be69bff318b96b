from __future__ import annotations

import asyncio

import pytest
from aiortc.mediastreams import MediaStreamError

from ops.bench.media import callers as module
from ops.bench.media.answering import Calls
from ops.bench.media.callers import Callers, Encoded
from server.webrtc.jitter_buffer import FRAME_TICKS
from tests.ops.bench.media.test_answering import PAYLOADS, SPEECH
from tests.virtual_time import run_virtual


def test_packets_leave_in_real_time_over_and_over_again() -> None:
    async def main() -> None:
        track = Encoded([b"a", b"b"])
        loop = asyncio.get_running_loop()
        sent = []
        for _ in range(4):
            packet = await track.recv()
            sent.append((round(loop.time() * 1000), bytes(packet), packet.pts))
            await asyncio.sleep(0.005)
        assert sent == [
            (0, b"a", 0),
            (20, b"b", FRAME_TICKS),
            (40, b"a", 2 * FRAME_TICKS),
            (60, b"b", 3 * FRAME_TICKS),
        ]
        track.stop()
        with pytest.raises(MediaStreamError):
            await track.recv()

    run_virtual(main())


def test_a_call_that_does_not_connect_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CONNECT_S", 0.0)

    async def main() -> None:
        calls, callers = Calls(SPEECH), Callers(PAYLOADS)
        with pytest.raises(TimeoutError):
            await callers.call(calls.answer_with_stock)
        await callers.close()
        await calls.close()

    asyncio.run(main())


def test_what_comes_back_is_counted() -> None:
    async def main() -> None:
        calls, callers = Calls(SPEECH), Callers(PAYLOADS)
        await callers.call(calls.answer_with_ours)
        async with asyncio.timeout(30):
            while not callers.packets:  # noqa: ASYNC110 - a counter
                await asyncio.sleep(0.02)
        await callers.close()
        await calls.close()

    asyncio.run(main())
