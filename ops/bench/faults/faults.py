"""What is done to the appliance in mid-turn, and undone: to its own processes, sockets and files alone."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress

from antiphon.errors import InvalidInput
from ops.bench.faults.house import House, Kind
from ops.supervisor.plan import ENGINES

# Longer than a caller is left without a word, shorter than the supervisor waits.
STALL_S = 2.0
# Until the gateway's health must show it.
NOTICED_S = 1.0
SLOW_S, EACH_SLOW_S = 3.0, 1.0
CUT_S = 1.0
FULL_S = 3.0
# Over a change of the hour, and over a token's or a certificate's life.
STEPS_S = (3600.0, -3600.0, 86_400.0, -86_400.0)
STEPPED_S = 3.0

# Strikes as the block is entered, the `nth` time; ends with it.
Strike = Callable[[House, str, int], AbstractAsyncContextManager[None]]


@asynccontextmanager
async def kill(house: House, engine: str, nth: int) -> AsyncIterator[None]:
    """Kill the engine's process."""
    with suppress(ProcessLookupError):
        os.kill(house.pid(engine), signal.SIGKILL)
    await asyncio.sleep(NOTICED_S)
    yield


@asynccontextmanager
async def stall(house: House, engine: str, nth: int) -> AsyncIterator[None]:
    """Stop the engine's process; every second time the supervisor must find out by itself."""
    pid = house.pid(engine)
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGSTOP)
    if nth % 2 == 0:
        await asyncio.sleep(STALL_S)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)
    await asyncio.sleep(NOTICED_S)
    yield


@asynccontextmanager
async def slow(house: House, engine: str, nth: int) -> AsyncIterator[None]:
    """Hold up everything between gateway and engine."""
    proxy = house.proxies[engine]
    proxy.slow_s = EACH_SLOW_S
    await asyncio.sleep(SLOW_S)
    proxy.slow_s = 0.0
    yield


@asynccontextmanager
async def cut(house: House, engine: str, nth: int) -> AsyncIterator[None]:
    """Break the connections to the engine; every second time they cannot be made again at once."""
    proxy = house.proxies[engine]
    if nth % 2:
        proxy.refuse()
    proxy.cut()
    if nth % 2:
        await asyncio.sleep(CUT_S)
        proxy.accept()
    yield


@asynccontextmanager
async def fill(house: House, engine: str, nth: int) -> AsyncIterator[None]:
    """Fill the file system that logs, sockets and state are in."""
    house.fill_disk()
    await asyncio.sleep(FULL_S)
    house.empty_disk()
    yield


@asynccontextmanager
async def step(house: House, engine: str, nth: int) -> AsyncIterator[None]:
    """Let the wall clock of all processes jump."""
    house.set_clock(STEPS_S[nth % len(STEPS_S)])
    await asyncio.sleep(STEPPED_S)
    yield


class Fault:
    """`kind` is the house that it strikes in."""

    def __init__(self, strike: Strike, engine: str = "", kind: Kind = Kind.PLAIN) -> None:
        self.kind = kind
        self._strike = strike
        self._engine = engine

    def strike(self, house: House, nth: int) -> AbstractAsyncContextManager[None]:
        """Return the block that begins once it has struck, and lasted."""
        return self._strike(house, self._engine, nth)


FAULTS: Mapping[str, Fault] = {
    **{f"kill-{engine}": Fault(kill, engine) for engine in ENGINES},
    **{f"stall-{engine}": Fault(stall, engine) for engine in ENGINES},
    **{f"slow-{engine}": Fault(slow, engine) for engine in ENGINES},
    **{f"cut-{engine}": Fault(cut, engine) for engine in ENGINES},
    "full-disk": Fault(fill, kind=Kind.SMALL_DISK),
    "clock-step": Fault(step, kind=Kind.OWN_CLOCK),
}


def chosen(names: str | None) -> dict[str, Fault]:
    """Return the faults that `names` lists, separated by commas; raise `InvalidInput` for another name."""
    if names is None:
        return dict(FAULTS)
    listed = [name.strip() for name in names.split(",") if name.strip()]
    unknown = [name for name in listed if name not in FAULTS]
    if unknown or not listed:
        raise InvalidInput(
            f"there is no fault {unknown[0] if unknown else names!r}; there are: {', '.join(FAULTS)}"
        )
    return {name: FAULTS[name] for name in listed}
