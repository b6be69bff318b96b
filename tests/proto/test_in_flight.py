"""Calls in progress, and the end of letting others in."""

from __future__ import annotations

import asyncio

import pytest

from antiphon.errors import Unavailable
from antiphon.in_flight import InFlight
from tests.virtual_time import run_virtual

HEALTH = "/grpc.health.v1.Health/Watch"
TALK = "/antiphon.v1.Conversation/Converse"
SPEAK = "/antiphon.v1.Synthesizer/Synthesize"


async def _call(calls: InFlight, seconds: float, method: str = SPEAK) -> None:
    with calls.call(method):
        await asyncio.sleep(seconds)


@pytest.mark.parametrize(
    ("lasting_s", "took_s"), [([], 0), ([1, 2], 2), ([1, 5], 3), ([1, 1, 3], 3)]
)
def test_a_drain_waits_for_calls_within_its_bound(lasting_s: list[float], took_s: float) -> None:
    async def main() -> None:
        calls = InFlight()
        tasks = [asyncio.create_task(_call(calls, seconds)) for seconds in lasting_s]
        await asyncio.sleep(0)
        await calls.drain(3)
        assert asyncio.get_running_loop().time() == pytest.approx(took_s)
        await asyncio.gather(*tasks)

    run_virtual(main())


def test_health_is_told_for_ever_and_holds_nothing_up() -> None:
    async def main() -> None:
        calls = InFlight()
        watching = asyncio.create_task(_call(calls, 60, HEALTH))
        await asyncio.sleep(0)
        await calls.drain(3)
        assert asyncio.get_running_loop().time() == 0
        await _call(calls, 0, HEALTH)
        await watching

    run_virtual(main())


def test_a_call_that_comes_too_late_is_refused_unless_its_service_decides() -> None:
    async def main() -> None:
        calls = InFlight(admitting=["antiphon.v1.Conversation"])
        await _call(calls, 0)
        await calls.drain(0)
        with pytest.raises(Unavailable) as refused:
            await _call(calls, 0)
        assert refused.value.reason == "STOPPING"
        await _call(calls, 0, TALK)

    run_virtual(main())


def test_a_call_that_fails_is_over() -> None:
    async def main() -> None:
        calls = InFlight()
        with pytest.raises(ZeroDivisionError), calls.call(SPEAK):
            raise ZeroDivisionError
        await calls.drain(3)
        assert asyncio.get_running_loop().time() == 0

    run_virtual(main())
