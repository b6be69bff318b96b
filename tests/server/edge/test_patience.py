from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from antiphon.errors import Conflict, InvalidInput
from server.edge.patience import IDLE_S, Patience, patiently
from tests.virtual_time import run_virtual


async def _requests(*after_s: float) -> AsyncIterator[float]:
    for wait_s in after_s:
        await asyncio.sleep(wait_s)
        yield wait_s


def test_a_client_may_be_silent_for_a_while_any_number_of_times() -> None:
    async def main() -> list[float]:
        return [request async for request in patiently(_requests(*3 * [IDLE_S - 1]))]

    assert run_virtual(main()) == 3 * [IDLE_S - 1]


def test_a_client_that_sends_nothing_is_given_up() -> None:
    async def main() -> float:
        with pytest.raises(Conflict, match="nothing came for 300 s") as refused:
            async for _ in patiently(_requests(1, IDLE_S + 1)):
                pass
        assert refused.value.reason == "IDLE"
        return asyncio.get_running_loop().time()

    assert run_virtual(main()) == pytest.approx(1 + IDLE_S)


def test_a_block_in_which_something_is_heard_goes_on() -> None:
    async def main() -> float:
        loop = asyncio.get_running_loop()
        with pytest.raises(Conflict, match="nothing came for 300 s"):
            async with Patience() as patience:
                loop.call_later(IDLE_S - 1, patience.heard)
                await asyncio.Event().wait()
        patience.heard()  # too late, and no error
        return loop.time()

    assert run_virtual(main()) == pytest.approx(2 * IDLE_S - 1)


def test_a_block_ends_with_what_is_refused() -> None:
    async def main() -> float:
        with pytest.raises(InvalidInput, match="too long"):
            async with Patience() as patience:
                patience.refuse(InvalidInput("too long"))
                patience.heard()
                await asyncio.Event().wait()
        return asyncio.get_running_loop().time()

    assert run_virtual(main()) == 0


def test_a_block_that_is_cancelled_is_cancelled() -> None:
    async def wait() -> None:
        async with Patience():
            await asyncio.Event().wait()

    async def main() -> None:
        waiting = asyncio.create_task(wait())
        await asyncio.sleep(1)
        waiting.cancel()
        await asyncio.wait([waiting])
        assert waiting.cancelled()

    run_virtual(main())
