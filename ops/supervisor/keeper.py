"""Keeps one service running: starts it, waits until it answers, starts it again when it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from antiphon.errors import Misconfigured, Unavailable
from antiphon.observability.logs import message_of
from ops.settings import SupervisorSettings
from ops.supervisor.child import Child
from ops.supervisor.health import answers, until_serving
from ops.supervisor.last_will import LastWill
from ops.supervisor.log_file import LogFile
from ops.supervisor.plan import Service
from ops.supervisor.run_folder import ServiceState

# A crash that a restart mends is mended at once; one that it does not must not fill disk and log.
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
# What `antiphon.serving.run` exits with where a setting or a file stops the start.
REFUSED = "exit status 2"
# Between two looks at a service that serves: next to no work, and a stalled one is found within seconds.
LOOK_S = 1.0


@dataclass(frozen=True, slots=True)
class Ready:
    """A service answers, so many seconds after its start."""

    service: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Crashed:
    """A service ended by itself and is started again after a pause."""

    service: str
    how: str
    pause_s: float
    log: Path


@dataclass(frozen=True, slots=True)
class Killed:
    """A service did not stop in time."""

    service: str
    grace_s: float


@dataclass(frozen=True, slots=True)
class Stalled:
    """A service runs and answers nothing; it is killed, and started again like one that crashed."""

    service: str
    silent_s: float


Event = Ready | Crashed | Killed | Stalled


class Keeper:
    """Runs one service. `start`, then `keep`; `stop` when both have ended or were cancelled."""

    def __init__(
        self,
        service: Service,
        settings: SupervisorSettings,
        will: LastWill,
        report: Callable[[Event], None],
    ) -> None:
        self.service = service
        self._will = will
        self._settings = settings
        self._report = report
        self._log = LogFile(settings.log_dir / f"{service.name}.log", settings.log_bytes)
        self._child: Child | None = None
        self._state = "starting"

    @property
    def state(self) -> ServiceState:
        """How the service is now."""
        pid = self._child.pid if self._child else 0
        return ServiceState(self._state, pid, self.service.address, self.service.shown)

    async def start(self) -> None:
        """Return when the service answers; raise `Unavailable` with its last words if it does not."""
        began = _now()
        self._child = await Child.start(self.service, self._log)
        self._will.add(self._child.pid)
        timeout_s = self._settings.start_timeout_s
        try:
            async with asyncio.timeout(timeout_s):
                await self._until_ready(self._child)
        except TimeoutError:
            raise self._failure(f"did not answer within {timeout_s:.0f} s") from None
        self._state = "ready"
        self._report(Ready(self.service.name, _now() - began))

    async def keep(self) -> NoReturn:
        """Start the service again each time it ends or stalls, until cancelled.

        The pause before that grows from crash to crash, and begins anew with one that has served a while.
        """
        pause_s = FIRST_PAUSE_S
        while True:
            began = _now()
            how = await self._until_ended()
            if _now() - began > self._settings.steady_s:
                pause_s = FIRST_PAUSE_S
            pause_s = await self._start_again(how, pause_s)

    async def stop(self) -> None:
        """End the service and whatever it started."""
        grace_s = self.service.drain_s + self._settings.stop_grace_s
        if not await self._bury(grace_s):
            self._report(Killed(self.service.name, grace_s))
        self._log.close()

    async def _until_ready(self, child: Child) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                watching = group.create_task(self._raise_when_ended(child))
                await until_serving(self.service.address)
                watching.cancel()
        except ExceptionGroup as ended:
            raise ended.exceptions[0] from None

    async def _raise_when_ended(self, child: Child) -> NoReturn:
        how = await child.wait()
        if how == REFUSED:
            raise self._refusal()
        raise self._failure(f"ended as it started ({how})")

    async def _until_ended(self) -> str:
        assert self._child is not None
        looking = asyncio.create_task(self._kill_when_stalled(self._child))
        try:
            how = await self._child.wait()
        finally:
            looking.cancel()
        await self._bury()
        return how

    async def _kill_when_stalled(self, child: Child) -> None:
        """Kill a service that has answered no look for `stall_s`, whatever the answer may be."""
        answered_s = _now()
        while (silent_s := _now() - answered_s) < self._settings.stall_s:
            await asyncio.sleep(LOOK_S)
            if await answers(self.service.address):
                answered_s = _now()
        self._report(Stalled(self.service.name, silent_s))
        child.kill()

    async def _start_again(self, how: str, pause_s: float) -> float:
        """Return the pause after the crash that comes next."""
        while True:
            self._state = "restarting"
            self._report(Crashed(self.service.name, how, pause_s, self._log.path))
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
            try:
                await self.start()
                return pause_s
            except (Misconfigured, Unavailable) as error:
                how = error.message.partition("\n")[0]
                await self._bury()

    async def _bury(self, grace_s: float = 0) -> bool:
        """End the process and what it started; return whether it ended by itself in time."""
        if self._child is None:
            return True
        in_time = await self._child.stop(grace_s)
        self._will.remove(self._child.pid)
        self._child = None
        return in_time

    def _refusal(self) -> Misconfigured:
        """Return what a service that exits with the status for a bad setting or file says last."""
        said = message_of(self._log.tail().rpartition("\n")[2])
        return Misconfigured(f"the {self.service.name} service: {said or f'see {self._log.path}'}")

    def _failure(self, what: str) -> Unavailable:
        tail = self._log.tail()
        said = f"it said last:\n{tail}" if tail else "it said nothing"
        return Unavailable(
            f"the {self.service.name} service {what}\n{said}\n(log: {self._log.path})"
        )


def _now() -> float:
    return asyncio.get_running_loop().time()
