"""Seconds are counted by the test; and a real process that hangs, which ends."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from typing import cast

import pytest

from antiphon.diligence import HUNG, TICK_S, UNKEPT, Diligence
from tests.virtual_time import run_virtual

HUNG_S = 3
HANGS = """
import asyncio, threading, time
from antiphon import diligence
diligence.TICK_S = 0.02

async def main():
    kept = diligence.Diligence(5)
    keeping = asyncio.create_task(kept.keep(asyncio.Event()))
    await asyncio.sleep(0)
    def work():
        with kept.piece():
            threading.Event().wait()
    %s
    await keeping

asyncio.run(main())
"""


@pytest.fixture
def diligence() -> Diligence:
    return Diligence(HUNG_S)


def count(diligence: Diligence, seconds: int = HUNG_S) -> list[bool]:
    return [diligence.tick() for _ in range(seconds)]


def test_a_piece_that_does_not_end_hangs(diligence: Diligence) -> None:
    count(diligence)
    with diligence.piece():
        assert count(diligence) == [False, False, True]
    assert not diligence.tick()


def test_pieces_that_end_do_not_hang_and_neither_does_who_has_none(diligence: Diligence) -> None:
    assert not any(count(diligence, 9))
    for _ in range(9):
        with diligence.piece():
            assert count(diligence, 2) == [False, False]


def test_of_several_the_oldest_counts(diligence: Diligence) -> None:
    with diligence.piece():
        diligence.tick()
        with diligence.piece():
            assert count(diligence, 2) == [False, True]
        assert diligence.tick()


def test_a_piece_that_fails_has_ended(diligence: Diligence) -> None:
    with pytest.raises(ValueError, match="planted"), diligence.piece():
        raise ValueError("planted")
    assert not any(count(diligence))


def test_nobody_need_be_kept() -> None:
    with UNKEPT.piece():
        assert not any(count(UNKEPT, 9))


def test_a_loop_that_stands_still_hangs(diligence: Diligence) -> None:
    async def main() -> None:
        stop = asyncio.Event()
        keeping = asyncio.create_task(diligence.keep(stop))
        for _ in range(9):
            await asyncio.sleep(TICK_S)
            assert not diligence.tick()
        assert any(count(diligence))
        stop.set()
        await keeping

    run_virtual(main())


def test_it_is_kept_until_it_is_told_to_stop(diligence: Diligence) -> None:
    async def main() -> list[threading.Thread]:
        stop = asyncio.Event()
        keeping = asyncio.create_task(diligence.keep(stop))
        await asyncio.sleep(0)
        looking = [each for each in threading.enumerate() if each.name == "diligence"]
        stop.set()
        await keeping
        return looking

    [looking] = run_virtual(main())
    looking.join(10)
    assert looking.daemon and not looking.is_alive()
    assert not any(count(diligence))


class Seconds:
    """An event that is set after so many waits."""

    def __init__(self, left: int) -> None:
        self.left = left

    def wait(self, seconds: float) -> bool:
        assert seconds == TICK_S
        self.left -= 1
        return self.left < 0


def watch(diligence: Diligence, seconds: int) -> None:
    diligence._watch(cast(threading.Event, Seconds(seconds)))


def test_a_process_that_hangs_says_so_and_ends(
    diligence: Diligence, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    statuses: list[int] = []
    monkeypatch.setattr("os._exit", statuses.append)
    with diligence.piece():
        watch(diligence, HUNG_S - 1)
        assert statuses == []
        watch(diligence, 1)
    assert statuses == [HUNG]
    assert HUNG not in (0, 2)  # a service that ends in order, or refuses its settings
    [record] = caplog.records
    assert record.levelname == "CRITICAL"
    assert "worked on one piece for 3 s and is taken for hung" in record.getMessage()


@pytest.mark.parametrize(
    "hang", ["asyncio.get_running_loop().run_in_executor(None, work)", "time.sleep(60)"]
)
def test_a_thread_and_a_loop_that_hang_end_a_real_process(hang: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", HANGS % hang],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert ended.returncode == HUNG
    assert "is taken for hung" in ended.stderr
