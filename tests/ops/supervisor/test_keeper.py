from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from antiphon.errors import AntiphonError, Misconfigured, Unavailable
from ops.supervisor import keeper as keeping
from ops.supervisor.keeper import Crashed, Event, Keeper, Killed, Ready, Stalled
from ops.supervisor.last_will import LastWill
from tests.ops.supervisor.services import quick, refuse_processes, stand_in

PATIENCE_S = 60.0


class Reports(asyncio.Queue[Event]):
    async def next(self) -> Event:
        return await self.get()


@asynccontextmanager
async def kept(
    kind: str, folder: Path, start_timeout_s: float = 30.0, **changed: float
) -> AsyncIterator[tuple[Keeper, Reports]]:
    reports = Reports()
    settings = quick(folder, start_timeout_s=start_timeout_s, **changed)
    will = LastWill()
    keeper = Keeper(stand_in(kind, folder), settings, will, reports.put_nowait)
    async with asyncio.timeout(PATIENCE_S):
        try:
            yield keeper, reports
        finally:
            await keeper.stop()
            will.close()


@asynccontextmanager
async def serving(folder: Path) -> AsyncIterator[tuple[Keeper, Reports, asyncio.Task[None]]]:
    """Keep a service that is ready for the length of the block; the task is what keeps it."""
    async with kept("serve", folder) as (keeper, reports):
        await keeper.start()
        await reports.next()
        task = asyncio.create_task(keeper.keep())
        try:
            yield keeper, reports, task
        finally:
            task.cancel()


async def ignoring_signals(folder: Path) -> None:
    """Return once a service that hangs does not mind SIGTERM any more: its interpreter needs a while."""
    log = folder / "logs/asr.log"
    # Another process's output has no event.
    while "waiting" not in log.read_text():  # noqa: ASYNC110
        await asyncio.sleep(0.02)


def failure(kind: str, folder: Path, start_timeout_s: float = 30.0) -> AntiphonError:
    async def run() -> None:
        async with kept(kind, folder, start_timeout_s) as (keeper, _):
            await keeper.start()

    with pytest.raises(AntiphonError) as told:
        asyncio.run(run())
    return told.value


def test_a_service_that_crashes_as_it_starts_is_told_with_its_last_words(tmp_path: Path) -> None:
    error = failure("crash", tmp_path)
    assert isinstance(error, Unavailable)
    assert error.message == (
        "the asr service ended as it started (exit status 7)\nit said last:\nthis went wrong\n"
        f"(log: {tmp_path}/logs/asr.log)"
    )


def test_a_service_that_says_nothing_is_told_too(tmp_path: Path) -> None:
    assert "(exit status 7)\nit said nothing" in failure("silent", tmp_path).message


def test_what_a_service_refuses_is_told_as_it_said_it(tmp_path: Path) -> None:
    error = failure("refuse", tmp_path)
    assert isinstance(error, Misconfigured)
    assert error.message == "the asr service: the model is not there; pull it"


def test_a_service_that_does_not_answer_is_given_up(tmp_path: Path) -> None:
    assert "asr service did not answer within 0 s" in failure("hang", tmp_path, 0.3).message


def test_a_killed_service_is_started_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "FIRST_PAUSE_S", 0.01)

    async def run() -> None:
        async with kept("serve", tmp_path) as (keeper, reports):
            assert keeper.state.pid == 0
            await keeper.start()
            assert isinstance(await reports.next(), Ready)
            first = keeper.state
            assert (first.state, first.address) == ("ready", keeper.service.address)
            task = asyncio.create_task(keeper.keep())
            os.kill(first.pid, 9)
            log = tmp_path / "logs/asr.log"
            assert await reports.next() == Crashed("asr", "killed by SIGKILL", 0.01, log)
            assert keeper.state.state == "restarting"
            assert isinstance(await reports.next(), Ready)
            assert keeper.state.pid not in (0, first.pid)
            task.cancel()

    asyncio.run(run())


def test_a_service_that_keeps_failing_waits_longer_each_time_up_to_a_bound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr(keeping, "LONGEST_PAUSE_S", 0.03)

    async def run() -> None:
        async with serving(tmp_path) as (keeper, reports, _):
            # From now on it does not start any more.
            keeper.service = stand_in("silent", tmp_path)
            os.kill(keeper.state.pid, 9)
            told = [await reports.next() for _ in range(4)]
            assert [(one.how, one.pause_s) for one in told if isinstance(one, Crashed)] == [
                ("killed by SIGKILL", 0.01),
                *(
                    ("the asr service ended as it started (exit status 7)", s)
                    for s in (0.02, 0.03, 0.03)
                ),
            ]

    asyncio.run(run())


def test_what_a_service_refuses_as_it_starts_again_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "FIRST_PAUSE_S", 0.01)

    async def run() -> None:
        async with serving(tmp_path) as (keeper, reports, _):
            keeper.service = stand_in("refuse", tmp_path)
            os.kill(keeper.state.pid, 9)
            await reports.next()
            assert isinstance(crashed := await reports.next(), Crashed)
            assert crashed.how == "the asr service: the model is not there; pull it"

    asyncio.run(run())


def test_a_service_for_which_the_system_has_no_room_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "FIRST_PAUSE_S", 0.01)

    async def run() -> None:
        async with serving(tmp_path) as (keeper, reports, task):
            with monkeypatch.context() as full:
                refuse_processes(full)
                os.kill(keeper.state.pid, 9)
                await reports.next()
                assert isinstance(crashed := await reports.next(), Crashed)
                assert crashed.how == (
                    "the asr service cannot be started: Resource temporarily unavailable"
                )
            while not isinstance(await reports.next(), Ready):
                assert not task.done()

    asyncio.run(run())


def test_after_serving_long_a_crash_is_a_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "FIRST_PAUSE_S", 0.01)

    async def run() -> None:
        async with kept("serve", tmp_path, steady_s=0) as (keeper, reports):
            await keeper.start()
            task = asyncio.create_task(keeper.keep())
            pauses: list[float] = []
            while len(pauses) < 2:
                event = await reports.next()
                if isinstance(event, Crashed):
                    pauses.append(event.pause_s)
                else:
                    os.kill(keeper.state.pid, 9)
            assert pauses == [0.01, 0.01]
            task.cancel()

    asyncio.run(run())


def test_a_service_that_stalls_is_killed_and_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr(keeping, "LOOK_S", 0.05)

    async def run() -> None:
        async with kept("serve", tmp_path, stall_s=1) as (keeper, reports):
            await keeper.start()
            await reports.next()
            stalled = keeper.state.pid
            task = asyncio.create_task(keeper.keep())
            await asyncio.sleep(1.5)
            assert reports.empty()  # it answers: nothing is the matter with it
            os.kill(stalled, signal.SIGSTOP)
            assert isinstance(found := await reports.next(), Stalled)
            assert found.silent_s >= 1
            assert isinstance(crashed := await reports.next(), Crashed)
            assert crashed.how == "killed by SIGKILL"
            assert isinstance(await reports.next(), Ready)
            assert keeper.state.pid not in (0, stalled)
            task.cancel()

    asyncio.run(run())


def test_a_service_that_does_not_stop_is_killed_and_told(tmp_path: Path) -> None:
    async def run() -> None:
        async with kept("hang", tmp_path, 0.5) as (keeper, reports):
            with pytest.raises(Unavailable):
                await keeper.start()
            await ignoring_signals(tmp_path)
            await keeper.stop()
            assert await reports.next() == Killed("asr", 0.2)
            assert keeper.state.pid == 0

    asyncio.run(run())


def test_a_service_has_the_time_that_its_callers_are_given(tmp_path: Path) -> None:
    async def run() -> None:
        async with kept("hang", tmp_path, 0.5) as (keeper, reports):
            with pytest.raises(Unavailable):
                await keeper.start()
            await ignoring_signals(tmp_path)
            keeper.service = replace(keeper.service, drain_s=0.25)
            await keeper.stop()
            assert await reports.next() == Killed("asr", 0.45)

    asyncio.run(run())
