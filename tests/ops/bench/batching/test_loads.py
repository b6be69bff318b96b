"""Loads in virtual time: what is compared with what, and that no work is left running."""

from __future__ import annotations

import asyncio

import pytest

from ops.bench.batching.loads import (
    LEAD_S,
    QUIET_S,
    QUIET_WITHIN_S,
    STREAMS,
    Delays,
    Throughput,
    beside,
    quiet,
)
from tests.virtual_time import run_virtual


def test_throughput_of_what_is_done_at_once() -> None:
    async def do(seconds: float) -> float:
        await asyncio.sleep(seconds)
        return 2 * seconds

    throughput = Throughput()
    run_virtual(throughput.measure([1.0, 1.0, 2.0, 4.0], do))
    # 16 s of audio in 8 s one by one, in 4 s at once.
    assert (throughput.alone, throughput.together) == ([2.0], [4.0])
    assert throughput.ratio == 2.0
    assert throughput.figures == {"1": 2.0, str(STREAMS): 4.0}


def test_neither_way_is_always_the_first() -> None:
    began_s: list[float] = []

    async def do(seconds: float) -> float:
        began_s.append(asyncio.get_running_loop().time())
        await asyncio.sleep(seconds)
        return seconds

    async def main() -> Throughput:
        throughput = Throughput()
        for _ in range(3):
            await throughput.measure([1.0, 1.0], do)
        return throughput

    throughput = run_virtual(main())
    assert (throughput.alone, throughput.together) == ([1.0] * 3, [2.0] * 3)
    assert began_s == [0, 1, 2, 2, 3, 3, 4, 5, 6, 7, 8, 8]


@pytest.mark.parametrize(
    ("busy_s", "waits_s"),
    [(0.0, QUIET_S), (1.0, 1.0 + QUIET_S), (1.1, 1.2 + QUIET_S), (60.0, QUIET_WITHIN_S)],
)
def test_work_that_nobody_waits_for_is_waited_out(busy_s: float, waits_s: float) -> None:
    async def main() -> float:
        clock = asyncio.get_running_loop().time
        await quiet(lambda: min(clock(), busy_s))
        return clock()

    assert run_virtual(main()) == pytest.approx(waits_s)


def test_the_ratio_is_of_neighbours_in_time() -> None:
    throughput = Throughput([1.0, 10.0, 1.0], [2.0, 10.0, 5.0])
    assert throughput.ratio == 2.0


def test_delays() -> None:
    delays = Delays([10.0, 20.0], [40.0, 80.0])
    assert delays.ratio("p50") == 4.0
    assert delays.figures["beside"]["p50"] == 60.0
    assert Delays([], [1.0]).ratio("p50") is None
    assert Delays([1.0], []).ratio("p50") is None


def test_others_go_on_for_the_length_of_the_block() -> None:
    done: list[str] = []

    async def other() -> None:
        await asyncio.sleep(0.3)
        done.append("once")

    async def main() -> tuple[int, int]:
        async with beside([other, other]):
            begun = len(done)
            await asyncio.sleep(1.0)
        ended = len(done)
        await asyncio.sleep(5.0)
        assert len(done) == ended
        return begun, ended

    assert LEAD_S == 1.0
    assert run_virtual(main()) == (6, 12)


def test_an_other_that_fails_is_told() -> None:
    async def other() -> None:
        raise ValueError("planted")

    async def main() -> None:
        async with beside([other]):
            await asyncio.sleep(1.0)

    with pytest.raises(ExceptionGroup) as told:
        run_virtual(main())
    assert told.group_contains(ValueError, match="planted")
