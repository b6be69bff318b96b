"""A process that is not well says so, once."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from antiphon.observability.loop_lag import LoopLag
from server import vitals
from server.vitals import LOOK_S, VitalBounds, Vitals
from tests.virtual_time import run_virtual

BOUNDS = VitalBounds(memory_mib=100, descriptors_share=0.5, lag_ms=50)
WELL = Vitals(90, 10, 100, 1.0)


@pytest.mark.parametrize(
    ("found", "names"),
    [
        (WELL, set()),
        (Vitals(101, 10, 100, 1.0), {"memory_mib"}),
        (Vitals(90, 51, 100, 1.0), {"descriptors_share"}),
        (Vitals(90, 10, 100, 51.0), {"lag_ms"}),
        (Vitals(101, 51, 100, 51.0), {"memory_mib", "descriptors_share", "lag_ms"}),
    ],
)
def test_what_is_beyond_its_bound_is_found(found: Vitals, names: set[str]) -> None:
    assert set(found.beyond(BOUNDS)) == names
    assert not found.beyond(VitalBounds(memory_mib=0, descriptors_share=0, lag_ms=0))


def test_it_is_told_when_it_begins_and_when_it_is_over(caplog: pytest.LogCaptureFixture) -> None:
    looks = [WELL, Vitals(200, 10, 100, 1.0), Vitals(300, 10, 100, 1.0), WELL, WELL]

    async def main() -> None:
        watching = asyncio.create_task(
            vitals.watch(BOUNDS, LoopLag(), lambda _: looks.pop(0) if looks else WELL)
        )
        await asyncio.sleep(LOOK_S * 5.5)
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching

    run_virtual(main())
    said = [record.getMessage() for record in caplog.records]
    assert said == [
        "this process has 200 MiB of memory: over [server.vitals]",
        "this process is within [server.vitals] again",
    ]


def test_this_process_is_read() -> None:
    async def main() -> None:
        lag = LoopLag()
        watching = asyncio.create_task(lag.watch())
        await asyncio.sleep(0.2)
        found = vitals.read(lag)
        watching.cancel()
        assert 10 < found.memory_mib < 100_000
        assert 3 <= found.descriptors < found.most_descriptors
        assert found.lag_ms >= 0
        assert vitals.read(LoopLag()).lag_ms == 0

    asyncio.run(main())
