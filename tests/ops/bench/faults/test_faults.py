"""What each fault does, to processes and sockets of the test's own."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import psutil
import pytest

from antiphon.errors import InvalidInput
from ops.bench.faults import faults as module
from ops.bench.faults.faults import FAULTS, STEPS_S, chosen
from ops.bench.faults.house import House, Kind
from ops.bench.faults.proxy import Proxy


class Made:
    """Notes what is done to it."""

    def __init__(self, pid: int = 0) -> None:
        self.proxies = {name: Proxy("unix:/nowhere") for name in ("asr", "llm", "tts")}
        self.done: list[Any] = []
        self._pid = pid

    def pid(self, engine: str) -> int:
        return self._pid

    def fill_disk(self) -> None:
        self.done.append("full")

    def empty_disk(self) -> None:
        self.done.append("empty")

    def set_clock(self, ahead_s: float) -> None:
        self.done.append(ahead_s)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("STALL_S", "NOTICED_S", "SLOW_S", "CUT_S", "FULL_S", "STEPPED_S"):
        monkeypatch.setattr(module, name, 0.05)


def strike(name: str, made: Made, nth: int = 0) -> None:
    async def main() -> None:
        async with FAULTS[name].strike(cast(House, made), nth):
            pass

    asyncio.run(main())


@contextmanager
def process() -> Iterator[psutil.Process]:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as child:
        yield psutil.Process(child.pid)
        child.kill()


def test_a_process_is_killed() -> None:
    with process() as child:
        strike("kill-asr", Made(child.pid))
        assert child.wait(10) == -9
        # One that is gone already is no error.
        strike("kill-asr", Made(child.pid))


def test_a_process_is_stopped_and_every_second_time_left_to_its_supervisor() -> None:
    with process() as child:
        strike("stall-llm", Made(child.pid), nth=0)
        assert child.status() != psutil.STATUS_STOPPED
        strike("stall-llm", Made(child.pid), nth=1)
        assert child.status() == psutil.STATUS_STOPPED


def test_a_socket_is_slow_for_a_while() -> None:
    made = Made()
    seen: list[float] = []

    async def main() -> None:
        striking = asyncio.create_task(_strike(made))
        await asyncio.sleep(0.01)
        seen.append(made.proxies["tts"].slow_s)
        await striking

    asyncio.run(main())
    assert seen == [module.EACH_SLOW_S]
    assert made.proxies["tts"].slow_s == 0


async def _strike(made: Made) -> None:
    async with FAULTS["slow-tts"].strike(cast(House, made), 0):
        pass


@pytest.mark.parametrize("nth", [0, 1])
def test_a_socket_is_cut_and_open_again(nth: int) -> None:
    made = Made()
    strike("cut-asr", made, nth)
    assert made.proxies["asr"]._open.is_set()


def test_the_disk_is_full_for_a_while_and_the_clock_goes_both_ways() -> None:
    made = Made()
    strike("full-disk", made)
    for nth in range(len(STEPS_S)):
        strike("clock-step", made, nth)
    assert made.done == ["full", "empty", *STEPS_S]
    assert min(STEPS_S) < 0 < max(STEPS_S)


def test_faults_are_chosen_by_name() -> None:
    assert chosen(None) == dict(FAULTS)
    assert list(chosen("cut-asr, kill-llm")) == ["cut-asr", "kill-llm"]
    assert FAULTS["full-disk"].kind is Kind.SMALL_DISK
    for bad in ("", "kill-gpu", "kill-asr,,nothing"):
        with pytest.raises(InvalidInput, match="there are: kill-asr"):
            chosen(bad)
