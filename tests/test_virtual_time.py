"""The virtual clock itself."""

from __future__ import annotations

import asyncio

import pytest

from tests.virtual_time import Deadlock, run_virtual


def test_an_hour_passes_at_once() -> None:
    async def main() -> float:
        await asyncio.sleep(3600)
        return asyncio.get_running_loop().time()

    assert run_virtual(main()) == pytest.approx(3600)


def test_waiting_for_nothing_is_a_deadlock() -> None:
    with pytest.raises(Deadlock):
        run_virtual(asyncio.Event().wait())
