"""Which process runs which service, with which interpreter and environment. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from antiphon.errors import Misconfigured
from ops.settings import Settings

ENGINES = ("asr", "llm", "tts")
GATEWAY = "server"
SERVICES = (*ENGINES, GATEWAY)
MODULES = {
    "asr": "inference.asr",
    "llm": "inference.llm",
    "tts": "inference.tts",
    "server": "server",
}

# What every process gets. PASSIVE: threads that wait for work by spinning take it from the other
# engines; synthesis was then seen to take 6 to 17 times as long on two cores. OFFLINE: no process
# opens a connection outside the site.
ENVIRON = {
    "OMP_WAIT_POLICY": "PASSIVE",
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    "VLLM_NO_USAGE_STATS": "1",
    # onnxruntime 1.32 reports to its maker's servers from Linux too, unless it is told not to.
    "ORT_DISABLE_TELEMETRY": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "PYTHONUNBUFFERED": "1",
    # CUDA's own order begins with the fastest card, NVML's with the first slot: the card that is used is the
    # one that was judged.
    "CUDA_DEVICE_ORDER": "PCI_BUS_ID",
}
# One host, one port a process: those that follow `[observability] metrics_address`.
METRICS_PORTS = {GATEWAY: 0, "asr": 1, "llm": 2, "tts": 3}
PORTS = 65_536
METRICS = "metrics_address"
THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


@dataclass(frozen=True, slots=True)
class Service:
    """One process: `environ` is added to the supervisor's own.

    `address` is where its health is asked, `listens` every address that it takes, by its setting; `drain_s`
    is how long it lets its callers go on once it is told to stop.
    """

    name: str
    module: str
    python: Path
    address: str
    environ: Mapping[str, str]
    listens: Mapping[str, str]
    drain_s: float = 0.0

    @property
    def shown(self) -> str:
        """Its addresses, for people."""
        return ", ".join(self.listens.values())


def listens(settings: Settings, name: str) -> dict[str, str]:
    """Return the addresses that a service takes, by their settings."""
    found = {f"[{name}] address": getattr(settings, name).address}
    if name == GATEWAY:
        found["[server] http"] = settings.server.http
    if metrics := _metrics_address(settings, name):
        found[f"[observability] {METRICS}"] = metrics
    return found


def plan(
    settings: Settings,
    names: Iterable[str] = SERVICES,
    overrides: Mapping[str, str] = MappingProxyType({}),
) -> list[Service]:
    """Return the services to run, each told where it listens; the gateway also where they do.

    `overrides` are variables that `settings` was loaded with beside the supervisor's own environment.
    """
    chosen = list(names)
    return [_service(settings, name, chosen, overrides) for name in chosen]


def _service(
    settings: Settings, name: str, chosen: list[str], overrides: Mapping[str, str]
) -> Service:
    table = getattr(settings, name)
    environ = {**ENVIRON, **overrides}
    environ[_variable(name, "address")] = table.address
    if metrics := _metrics_address(settings, name):
        environ[_variable("observability", METRICS)] = metrics
    if name in ENGINES:
        environ.update(dict.fromkeys(THREAD_VARIABLES, str(table.threads)))
    else:
        # Engines that run elsewhere are found where [server] says.
        for engine in set(chosen) & set(ENGINES):
            environ[_variable(GATEWAY, engine)] = getattr(settings, engine).address
    address = table.local_address if name == GATEWAY else table.address
    interpreter = _interpreter(settings, name)
    taken = listens(settings, name)
    drain_s = settings.server.drain_s if name == GATEWAY else 0.0
    return Service(name, MODULES[name], interpreter, address, environ, taken, drain_s)


def _metrics_address(settings: Settings, name: str) -> str:
    """Return where a service is scraped; nothing where none is."""
    first = settings.observability.metrics_address
    if not first:
        return ""
    host, _, port = first.rpartition(":")
    own = int(port) + METRICS_PORTS[name]
    if own >= PORTS:
        raise Misconfigured(
            f"[observability] {METRICS} = {first!r}: each of the {len(METRICS_PORTS)} processes takes a port "
            f"from there on, and {own} is none; begin at {PORTS - len(METRICS_PORTS)} or lower"
        )
    return f"{host}:{own}"


def _interpreter(settings: Settings, name: str) -> Path:
    if name == "tts" and settings.tts.engine != "simulated":
        return settings.supervisor.tts
    if name == "llm" and settings.llm.engine == "vllm":
        return settings.supervisor.vllm
    return settings.supervisor.main


def _variable(table: str, name: str) -> str:
    return f"ANTIPHON_{table}__{name}".upper()
