from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from antiphon.errors import Misconfigured, Unavailable
from ops.supervisor.child import Child
from ops.supervisor.log_file import LogFile
from tests.ops.supervisor.services import refuse_processes, stand_in

# Far beyond what a busy machine needs to start Python: only a defect waits this long.
PATIENCE_S = 60.0


def with_child(kind: str, folder: Path, use: Callable[[Child, LogFile], Awaitable[None]]) -> None:
    async def run() -> None:
        log = LogFile(folder / "asr.log", 100_000)
        child = await Child.start(stand_in(kind, folder), log)
        try:
            async with asyncio.timeout(PATIENCE_S):
                await use(child, log)
        finally:
            await child.stop(0)
            log.close()

    asyncio.run(run())


async def until_said(log: LogFile, text: str) -> None:
    while text not in log.tail():  # noqa: ASYNC110 - a log has no event
        await asyncio.sleep(0.01)


def gone(pid: int) -> bool:
    """Whether a process has ended; one that nobody has waited for yet still has an entry."""
    with suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    return True


def test_it_tells_how_it_ended_and_what_it_said(tmp_path: Path) -> None:
    async def use(child: Child, log: LogFile) -> None:
        assert await child.wait() == "exit status 7"
        assert log.tail() == "this went wrong"

    with_child("crash", tmp_path, use)


def test_it_tells_what_killed_it(tmp_path: Path) -> None:
    async def use(child: Child, log: LogFile) -> None:
        os.kill(child.pid, 9)
        assert await child.wait() == "killed by SIGKILL"

    with_child("hang", tmp_path, use)


def test_it_stops_when_it_is_told_to(tmp_path: Path) -> None:
    async def use(child: Child, log: LogFile) -> None:
        await until_said(log, "waiting")
        assert await child.stop(PATIENCE_S)
        assert gone(child.pid)

    with_child("family", tmp_path, use)


def test_it_is_killed_where_it_does_not_stop(tmp_path: Path) -> None:
    async def use(child: Child, log: LogFile) -> None:
        await until_said(log, "waiting")
        assert not await child.stop(0.05)
        assert gone(child.pid)

    with_child("hang", tmp_path, use)


def test_what_it_started_ends_with_it(tmp_path: Path) -> None:
    async def use(child: Child, log: LogFile) -> None:
        await until_said(log, "waiting")
        grandchild = int(log.tail().split()[0])
        assert not gone(grandchild)
        await child.stop(PATIENCE_S)
        while not gone(grandchild):  # noqa: ASYNC110 - the kernel ends it in its own time
            await asyncio.sleep(0.01)

    with_child("family", tmp_path, use)


def test_a_grandchild_that_still_writes_does_not_delay_the_end(tmp_path: Path) -> None:
    async def use(child: Child, log: LogFile) -> None:
        await until_said(log, "waiting")
        os.kill(child.pid, 9)
        assert await child.wait() == "killed by SIGKILL"

    with_child("family", tmp_path, use)


def test_it_is_out_of_reach_of_the_terminal(tmp_path: Path) -> None:
    async def use(child: Child, log: LogFile) -> None:
        assert os.getpgid(child.pid) == child.pid != os.getpgid(0)

    with_child("hang", tmp_path, use)


def test_a_missing_interpreter_is_named(tmp_path: Path) -> None:
    service = replace(stand_in("serve", tmp_path), python=tmp_path / "python")
    log = LogFile(tmp_path / "asr.log", 100_000)
    with pytest.raises(Misconfigured, match=rf"asr: there is no interpreter {tmp_path}/python"):
        asyncio.run(Child.start(service, log))
    log.close()


def test_a_system_without_room_is_unavailable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = LogFile(tmp_path / "asr.log", 100_000)
    refuse_processes(monkeypatch)
    with pytest.raises(Unavailable, match="the asr service cannot be started: Resource temporar"):
        asyncio.run(Child.start(stand_in("serve", tmp_path), log))
    log.close()
