"""Starts services together, watches them, stops them in order: the gateway first, then the engines."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

from antiphon.errors import Misconfigured
from ops.settings import SupervisorSettings
from ops.supervisor.addresses import check_free, overlap
from ops.supervisor.keeper import Event, Keeper
from ops.supervisor.last_will import LastWill
from ops.supervisor.plan import GATEWAY, Service
from ops.supervisor.run_folder import hold, write_states


@contextmanager
def claimed(services: Sequence[Service], folder: Path) -> Iterator[None]:
    """Hold `folder` against other supervisors for the length of the block.

    Raises `Misconfigured` before it begins where one holds it, where an address is not free, or where two
    services were given one.
    """
    _check_apart(services)
    with hold(folder):
        for service in services:
            for setting, address in service.listens.items():
                check_free(setting, address)
        yield


def _check_apart(services: Sequence[Service]) -> None:
    taken: dict[str, str] = {}
    for service in services:
        for setting, address in service.listens.items():
            for other, whose in taken.items():
                if overlap(other, address):
                    both = f"both {address}" if other == address else f"{other} and {address}"
                    raise Misconfigured(
                        f"{whose} and {setting} ({service.name}) are {both}: give each its own"
                    )
            taken[address] = f"{setting} ({service.name})"


@asynccontextmanager
async def supervised(
    services: Sequence[Service],
    folder: Path,
    settings: SupervisorSettings,
    report: Callable[[Event], None],
) -> AsyncIterator[None]:
    """Run `services` for the length of the block, which begins when all of them answer.

    `folder` must be claimed. Raises `Unavailable` or `Misconfigured` where a service does not start.
    One that ends in between is started again. However the block ends, no process is left behind.
    """
    supervisor = _Supervisor(services, folder, settings, report)
    try:
        await supervisor.start()
        async with supervisor.watching():
            yield
    finally:
        await supervisor.stop()


class _Supervisor:
    def __init__(
        self,
        services: Sequence[Service],
        folder: Path,
        settings: SupervisorSettings,
        report: Callable[[Event], None],
    ) -> None:
        self._folder = folder
        self._report = report
        self._will = LastWill()
        self._keepers = [Keeper(one, settings, self._will, self._note) for one in services]

    async def start(self) -> None:
        """Start all at once, since each mostly waits for its weights; the first failure ends it."""
        self._tell()
        try:
            async with asyncio.TaskGroup() as group:
                for keeper in self._keepers:
                    group.create_task(keeper.start())
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from None

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Start again what ends during the block; what the block raises comes out as it is."""
        try:
            async with asyncio.TaskGroup() as group:
                keeping = [group.create_task(keeper.keep()) for keeper in self._keepers]
                try:
                    yield
                finally:
                    for task in keeping:
                        task.cancel()
        except BaseExceptionGroup as raised:
            raise raised.exceptions[0] from None

    async def stop(self) -> None:
        """Callers are told by the gateway before what it depends on goes away."""
        gateways = [keeper for keeper in self._keepers if keeper.service.name == GATEWAY]
        engines = [keeper for keeper in self._keepers if keeper.service.name != GATEWAY]
        for stage in (gateways, engines):
            await asyncio.gather(*(keeper.stop() for keeper in stage))
        self._will.close()

    def _note(self, event: Event) -> None:
        self._tell()
        self._report(event)

    def _tell(self) -> None:
        with suppress(OSError):  # a full disk must not stop what it is told about
            write_states(
                self._folder, {keeper.service.name: keeper.state for keeper in self._keepers}
            )
