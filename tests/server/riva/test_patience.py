from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from antiphon.errors import Conflict
from server.riva.patience import IDLE_S, patiently
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
