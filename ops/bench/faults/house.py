"""The appliance that faults strike, with proxies before its engines, and a disk or a clock of its own."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import replace
from enum import Enum, auto
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from antiphon.errors import Unavailable
from ops.bench.faults.health import READY, says
from ops.bench.faults.proxy import Proxy
from ops.bench.services import SHORT_FOLDER, Running, arranged
from ops.supervisor.plan import ENGINES, GATEWAY, Service
from ops.supervisor.run_folder import read_states

ASK_S = 0.05
# vLLM needs 50 s on two idle cores, and a pause before that.
RECOVERY_S = 150.0
DISK_MIB = 8
# Debian's `faketime`.
FAKETIME = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1")


# Its bit in the sets of capabilities(7).
CAP_SYS_ADMIN = 21
STATUS = Path("/proc/self/status")


class Kind(Enum):
    """What is special about a house."""

    PLAIN = auto()
    SMALL_DISK = auto()
    OWN_CLOCK = auto()


class House:
    """Made by `house`."""

    def __init__(self, services: Running, proxies: Mapping[str, Proxy]) -> None:
        self.services = services
        self.proxies = proxies

    def pid(self, engine: str) -> int:
        """Return the process of an engine; raise `Unavailable` where there is none just now."""
        pid = self.services.pid(engine)
        # 0 would be this process's own group.
        if pid <= 1:
            raise Unavailable(f"the {engine} service has no process now")
        return pid

    async def until_ready(self) -> None:
        """Return once the gateway says that all engines are ready; raise `Unavailable` after minutes."""
        through = httpx.AsyncHTTPTransport(uds=self.services.http_socket)
        try:
            async with (
                asyncio.timeout(RECOVERY_S),
                httpx.AsyncClient(transport=through, timeout=RECOVERY_S) as client,
            ):
                # Another process's state has no event.
                while not (self._all_run() and await says(client, READY)):  # noqa: ASYNC110
                    await asyncio.sleep(ASK_S)
        except TimeoutError:
            states = {name: one.state for name, one in read_states(self.services.folder).items()}
            raise Unavailable(
                f"the appliance was not ready again {RECOVERY_S:.0f} s after a fault; its services: {states}"
            ) from None

    def fill_disk(self) -> None:
        """Leave not a byte on the disk that the services write to."""
        with suppress(OSError), self._ballast.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))

    def empty_disk(self) -> None:
        """Give the room back."""
        self._ballast.unlink(missing_ok=True)

    def set_clock(self, ahead_s: float) -> None:
        """Let the services' wall clock be so far ahead of the machine's."""
        _write_clock(self.services.folder, ahead_s)

    def _all_run(self) -> bool:
        return all(state.state == "ready" for state in read_states(self.services.folder).values())

    @property
    def _ballast(self) -> Path:
        return self.services.folder / "ballast"


def missing(kind: Kind) -> str:
    """Return why a house of that kind cannot be had here; empty where it can."""
    if kind is Kind.SMALL_DISK and not _may_mount():
        return "only root may mount a small file system, and in a container only with CAP_SYS_ADMIN"
    if kind is Kind.OWN_CLOCK and not FAKETIME.exists():
        return "there is no libfaketime: apt-get install faketime"
    return ""


@asynccontextmanager
async def house(kind: Kind, tables: Mapping[str, Any]) -> AsyncIterator[House]:
    """Run an appliance for the length of the block, which begins when it is ready for callers."""

    def through(service: Service, folder: Path) -> Service:
        environ = dict(service.environ)
        if service.name == GATEWAY:
            environ |= {
                f"ANTIPHON_SERVER__{engine.upper()}": f"unix:{_door(folder, engine)}"
                for engine in ENGINES
            }
        if kind is Kind.OWN_CLOCK:
            _write_clock(folder, 0.0)
            environ |= _faked(folder)
        return replace(service, environ=environ)

    async with AsyncExitStack() as stack:
        place = stack.enter_context(_disk(kind))
        services = await stack.enter_async_context(
            arranged((*ENGINES, GATEWAY), tables, through, place)
        )
        proxies = {engine: Proxy(services[engine]) for engine in ENGINES}
        for engine, proxy in proxies.items():
            await stack.enter_async_context(proxy.listening(_door(services.folder, engine)))
        found = House(services, proxies)
        await found.until_ready()
        yield found


def _may_mount() -> bool:
    lines = STATUS.read_text("ascii", "replace").splitlines()
    effective = next(line.split()[1] for line in lines if line.startswith("CapEff:"))
    return bool(int(effective, 16) >> CAP_SYS_ADMIN & 1)


@contextmanager
def _disk(kind: Kind) -> Iterator[str]:
    if kind is not Kind.SMALL_DISK:
        yield SHORT_FOLDER
        return
    with TemporaryDirectory(prefix="antiphon-", dir=SHORT_FOLDER) as place:
        options = f"size={DISK_MIB}m,mode=700"
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", place], check=True)
        try:
            yield place
        finally:
            subprocess.run(["umount", "--lazy", place], check=True)


def _door(folder: Path, engine: str) -> Path:
    return folder / f"{engine}-door.sock"


def _faked(folder: Path) -> dict[str, str]:
    return {
        "LD_PRELOAD": str(FAKETIME),
        "FAKETIME_TIMESTAMP_FILE": str(_clock(folder)),
        "FAKETIME_CACHE_DURATION": "1",
        # Steps are of the wall clock alone, as on any machine.
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "DONT_FAKE_MONOTONIC": "1",
    }


def _clock(folder: Path) -> Path:
    return folder / "clock"


def _write_clock(folder: Path, ahead_s: float) -> None:
    partial = folder / "clock.part"
    partial.write_text(f"{ahead_s:+.0f}")
    partial.replace(_clock(folder))
