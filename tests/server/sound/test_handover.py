"""Between a thread and the loop, without a decoder."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable

import numpy as np
import pytest

from server.sound.handover import MAX_AHEAD, Closed, Ended, Handover, Wanted

PIECE = np.zeros(10, np.int16)
LIMIT_S = 10


def with_thread(
    work: Callable[[Handover], None], test: Callable[[Handover], Awaitable[None]]
) -> None:
    """Run `work` in a thread beside `test`; both must end."""

    async def main() -> None:
        handover = Handover()
        thread = threading.Thread(target=work, args=(handover,), daemon=True)
        thread.start()
        async with asyncio.timeout(LIMIT_S):
            await test(handover)
        thread.join(LIMIT_S)
        assert not thread.is_alive()

    asyncio.run(main())


def test_bytes_go_in_when_they_are_wanted_and_samples_come_out() -> None:
    def work(handover: Handover) -> None:
        while data := handover.more():
            handover.put(np.frombuffer(data, np.int16))
        handover.end(None)

    async def test(handover: Handover) -> None:
        for data in (b"ab", b"cdef"):
            assert isinstance(await handover.next(), Wanted)
            handover.give(data)
            samples = await handover.next()
            assert isinstance(samples, np.ndarray) and samples.tobytes() == data
        assert isinstance(await handover.next(), Wanted)
        handover.give(b"")
        assert await handover.next() == Ended(None)
        await handover.close()

    with_thread(work, test)


def test_a_thread_that_is_ahead_waits() -> None:
    put = threading.Semaphore(0)

    def work(handover: Handover) -> None:
        try:
            while True:
                handover.put(PIECE)
                put.release()
        except Closed as error:
            handover.end(error)

    async def test(handover: Handover) -> None:
        for _ in range(MAX_AHEAD):
            assert await asyncio.to_thread(put.acquire, timeout=LIMIT_S)
        assert not await asyncio.to_thread(put.acquire, timeout=0.05)
        await handover.next()
        assert await asyncio.to_thread(put.acquire, timeout=LIMIT_S)
        await handover.close()

    with_thread(work, test)


def test_a_thread_that_waits_for_bytes_is_woken_by_the_end() -> None:
    def work(handover: Handover) -> None:
        with pytest.raises(Closed):
            handover.more()
        with pytest.raises(Closed):
            handover.more()
        handover.end(None)

    async def test(handover: Handover) -> None:
        assert isinstance(await handover.next(), Wanted)
        await handover.close()

    with_thread(work, test)


def test_a_thread_outlives_no_loop() -> None:
    loop = asyncio.new_event_loop()

    async def make() -> Handover:
        return Handover()

    handover = loop.run_until_complete(make())
    loop.close()
    with pytest.raises(Closed):
        handover.put(PIECE)
    handover.end(None)
