"""The services that a benchmark or an end-to-end test measures, on sockets of their own."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil

from ops.settings import Settings
from ops.supervisor.plan import GATEWAY, Service, plan
from ops.supervisor.run_folder import read_states
from ops.supervisor.supervisor import claimed, supervised

# Unix socket paths are short; a temporary folder named by the environment need not be.
SHORT_FOLDER = "/tmp"

Through = Callable[[Service, Path], Service]


class Running(dict[str, str]):
    """Addresses by the name of the service."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        super().__init__()
        self.settings = settings
        self._folder = folder

    @property
    def folder(self) -> Path:
        """Where its sockets are."""
        return self._folder

    @property
    def key_file(self) -> Path:
        """Where the gateway's key is."""
        return self.settings.server.key_file

    @property
    def http_socket(self) -> str:
        """The file that is the gateway's socket for HTTP."""
        return self.settings.server.http.removeprefix("unix:")

    def pid(self, name: str) -> int:
        """Return the process id of a service."""
        return read_states(self._folder)[name].pid

    def cpu_s(self, name: str) -> float:
        """Return the processor time that a service and its children have used so far."""
        process = psutil.Process(self.pid(name))
        seconds = 0.0
        for one in [process, *process.children(recursive=True)]:
            with suppress(psutil.NoSuchProcess):
                times = one.cpu_times()
                seconds += times.user + times.system
        return seconds


def _as_planned(service: Service, folder: Path) -> Service:
    return service


@asynccontextmanager
async def running(*names: str, **tables: Mapping[str, Any]) -> AsyncIterator[Running]:
    """Run the services `names` for the length of the block; it begins when all of them answer.

    `tables` overrides settings: `running("asr", asr={"engine": "simulated"})`. Nothing of an
    appliance that already runs is touched: sockets, logs and key are in a folder of their own.
    """
    async with arranged(names, tables) as found:
        yield found


@asynccontextmanager
async def arranged(
    names: Iterable[str],
    tables: Mapping[str, Any],
    through: Through = _as_planned,
    within: str = SHORT_FOLDER,
) -> AsyncIterator[Running]:
    """Do as `running` does, in a folder `within` a short one; `through` may change how each service runs."""
    with TemporaryDirectory(prefix="antiphon-", dir=within) as name:
        folder = Path(name)
        environ = {**_own_places(folder), **dict(_variables(tables))}
        settings = Settings.load({**os.environ, **environ})
        services = [through(service, folder) for service in plan(settings, names, environ)]
        found = Running(folder, settings)
        found.update({service.name: service.address for service in services})
        with claimed(services, folder):
            async with supervised(services, folder, settings.supervisor, lambda _: None):
                yield found


def found_in(folder: Path) -> Running:
    """Return what runs in `folder`, as `Running.folder` names it: for another process."""
    found = Running(folder, Settings.load({**os.environ, **_own_places(folder)}))
    found.update({name: state.address for name, state in read_states(folder).items()})
    return found


def _own_places(folder: Path) -> dict[str, str]:
    places = {f"ANTIPHON_{name}__ADDRESS": f"unix:{folder / name.lower()}.sock" for name in _TABLES}
    return {
        **places,
        "ANTIPHON_SERVER__HTTP": f"unix:{folder / 'http.sock'}",
        "ANTIPHON_SERVER__KEY_FILE": str(folder / "key"),
        "ANTIPHON_SUPERVISOR__LOG_DIR": str(folder / "logs"),
    }


_TABLES = ("ASR", "LLM", "TTS", GATEWAY.upper())


def _variables(tables: Mapping[str, Any], prefix: str = "ANTIPHON_") -> Iterator[tuple[str, str]]:
    for name, value in tables.items():
        variable = f"{prefix}{name.upper()}"
        if isinstance(value, Mapping):
            yield from _variables(value, f"{variable}__")
        else:
            yield variable, str(value)
