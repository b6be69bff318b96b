"""What a load costs the appliance: processor time by service, the gateway's memory, and its loop's lag."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import httpx
import psutil

from antiphon.errors import Unavailable
from antiphon.observability.loop_lag import KEPT_S
from ops.bench.services import Running
from server.access.installation_key import load
from server.http.load import LOAD_PATH

ASK_S = 30.0
MIB = 2**20


@dataclass(frozen=True, slots=True)
class Cost:
    """`cpu` is cores by service, over a stretch of time; the lag is of the gateway's loop in it.

    `machine_cpu` is all cores that were busy, for whomever.
    """

    cpu: dict[str, float]
    rss_mb: float
    lag_p50_ms: float
    lag_p99_ms: float
    machine_cpu: float


@dataclass(frozen=True, slots=True)
class Held:
    """What a service has of the machine: resident memory in KiB, and open descriptors."""

    rss_kb: float
    descriptors: int


class Meter:
    """Reads what runs; `begin`, then `end`."""

    def __init__(self, services: Running) -> None:
        self._services = services
        self._began_s = 0.0
        self._cpu_s: dict[str, float] = {}
        self._machine_s = 0.0

    def begin(self) -> None:
        """Begin a stretch."""
        self._began_s, self._cpu_s, self._machine_s = _now(), self._read(), _busy_s()

    async def end(self) -> Cost:
        """Return what the stretch cost."""
        took_s = _now() - self._began_s
        cpu = {name: (now - self._cpu_s[name]) / took_s for name, now in self._read().items()}
        machine_cpu = (_busy_s() - self._machine_s) / took_s
        lag = await self._lag(min(took_s, KEPT_S))
        return Cost(cpu, self.rss_mb(), lag.get("p50", 0.0), lag.get("p99", 0.0), machine_cpu)

    def rss_mb(self) -> float:
        """Return the gateway's resident memory."""
        return float(psutil.Process(self._services.pid("server")).memory_info().rss) / MIB

    def held(self) -> dict[str, Held]:
        """Return what each service has now, without the processes below it."""
        return {name: _held(psutil.Process(self._services.pid(name))) for name in self._services}

    def _read(self) -> dict[str, float]:
        return {name: self._services.cpu_s(name) for name in self._services}

    async def _lag(self, over_s: float) -> dict[str, float]:
        through = httpx.AsyncHTTPTransport(uds=self._services.http_socket)
        key = {"Authorization": f"Bearer {load(self._services.key_file)}"}
        async with httpx.AsyncClient(transport=through, headers=key, timeout=ASK_S) as client:
            told = await client.get(f"http://localhost{LOAD_PATH}", params={"over_s": over_s})
        if told.status_code != httpx.codes.OK:
            raise Unavailable(f"the gateway does not tell its load: HTTP {told.status_code}")
        lag: dict[str, float] = told.json()["loop_lag_ms"]
        return lag


def _held(process: psutil.Process) -> Held:
    return Held(process.memory_info().rss / 1024, process.num_fds())


def _busy_s() -> float:
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - times.iowait - times.guest - times.guest_nice)


def _now() -> float:
    return asyncio.get_running_loop().time()
