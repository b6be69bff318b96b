"""Debian's Prometheus for the length of a run: on loopback, in a folder of its own."""

from __future__ import annotations

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

from antiphon.errors import Misconfigured, Unavailable
from ops.doctor.system import APT
from ops.observability.rules import FOLDER

CONFIGURATION = FOLDER / "prometheus.yml"
HOST = "127.0.0.1"
# Each process lets itself be read five times a second.
SCRAPE = "1s"
START_S = 30.0
STOP_S = 10.0
ASK_S = 30.0
# Of some 28,000 ports that the kernel gives out, few are in use.
TRIES = 20


@dataclass(frozen=True, slots=True)
class Series:
    """One line of an answer: its labels, and values at times in seconds since the epoch."""

    labels: Mapping[str, str]
    times_s: tuple[float, ...]
    values: tuple[float, ...]


class Prometheus:
    """Made by `prometheus`: takes queries."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def range(self, promql: str, begin_s: float, end_s: float, step_s: float) -> list[Series]:
        """Return what a query gives over a stretch of time; raise `Misconfigured` where it is none."""
        found = await self._get("query_range", query=promql, start=begin_s, end=end_s, step=step_s)
        return [_series(one["metric"], one["values"]) for one in found["result"]]

    async def now(self, promql: str) -> list[Series]:
        """Return what a query gives at this moment."""
        found = await self._get("query", query=promql)
        return [_series(one["metric"], [one["value"]]) for one in found["result"]]

    async def rules(self) -> list[dict[str, Any]]:
        """Return the rules that it has loaded, with their health, as its API tells them."""
        found = await self._get("rules")
        return [rule for group in found["groups"] for rule in group["rules"]]

    async def _get(self, what: str, **parameters: str | float) -> dict[str, Any]:
        answered = await self._client.get(f"/api/v1/{what}", params=parameters)
        told = answered.json()
        if told["status"] != "success":
            raise Misconfigured(
                f"Prometheus refuses {parameters.get('query', what)}: {told['error']}"
            )
        data: dict[str, Any] = told["data"]
        return data


@asynccontextmanager
async def prometheus(folder: Path, targets: Mapping[str, str]) -> AsyncIterator[Prometheus]:
    """Run Prometheus in `folder` on the committed configuration, its `targets` (by job) elsewhere.

    Raises `Misconfigured` where it is not installed or does not take the configuration.
    """
    program = installed("prometheus")
    configuration = folder / "prometheus.yml"
    configuration.write_text(configured(CONFIGURATION.read_text("utf-8"), targets), "utf-8")
    port = free_port()
    log = folder / "prometheus.log"
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            program,
            f"--config.file={configuration}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address={HOST}:{port}",
            "--log.level=warn",
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        async with httpx.AsyncClient(base_url=f"http://{HOST}:{port}", timeout=ASK_S) as client:
            await _ready(client, process, log)
            yield Prometheus(client)
    finally:
        await _stop(process)


def installed(program: str) -> str:
    """Return where a program of Debian's package is; raise `Misconfigured` with the line that installs it."""
    found = shutil.which(program)
    if found is None:
        raise Misconfigured(f"there is no {program}: {APT} prometheus")
    return found


def configured(text: str, targets: Mapping[str, str]) -> str:
    """Return the configuration with other targets, read every second, and rules by their full path.

    Raises `Misconfigured` where it and `targets` do not name the same jobs.
    """
    found = yaml.safe_load(text)
    jobs = {job["job_name"]: job for job in found["scrape_configs"]}
    if jobs.keys() != targets.keys():
        raise Misconfigured(f"prometheus.yml has the jobs {_names(jobs)}, not {_names(targets)}")
    for name, job in jobs.items():
        job["static_configs"] = [{"targets": [targets[name]]}]
    found["global"] |= {
        "scrape_interval": SCRAPE,
        "scrape_timeout": SCRAPE,
        "evaluation_interval": SCRAPE,
    }
    found["rule_files"] = [str(FOLDER / name) for name in found["rule_files"]]
    return str(yaml.safe_dump(found))


def _names(jobs: Mapping[str, Any]) -> str:
    return ", ".join(sorted(jobs))


def _series(labels: Mapping[str, str], samples: Sequence[tuple[float, str]]) -> Series:
    times_s = tuple(float(at_s) for at_s, _ in samples)
    return Series(labels, times_s, tuple(float(value) for _, value in samples))


async def _ready(client: httpx.AsyncClient, process: asyncio.subprocess.Process, log: Path) -> None:
    loop = asyncio.get_running_loop()
    end_s = loop.time() + START_S
    while loop.time() < end_s:
        if process.returncode is not None:
            raise Misconfigured(f"Prometheus did not start: {_last_line(log)}")
        try:
            if (await client.get("/-/ready")).is_success:
                return
        except httpx.TransportError:
            pass
        await asyncio.sleep(0.2)
    raise Unavailable(f"Prometheus was not ready within {START_S:g} s: {_last_line(log)}")


def _last_line(log: Path) -> str:
    lines = log.read_text("utf-8", "replace").splitlines()
    return lines[-1] if lines else "it said nothing"


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
    try:
        async with asyncio.timeout(STOP_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


def free_port(following: int = 0) -> int:
    """Return a port of this machine that is free, and so are so many that follow it."""
    for _ in range(TRIES):
        with ExitStack() as taken:
            first = _taken(taken, 0)
            if first is not None and all(
                _taken(taken, first + more) for more in range(1, following + 1)
            ):
                return first
    raise Unavailable(f"no {following + 1} ports in a row are free at {HOST}; stop what uses them")


def _taken(taken: ExitStack, port: int) -> int | None:
    listener = taken.enter_context(socket.socket())
    try:
        listener.bind((HOST, port))
    except (OSError, OverflowError):
        return None
    found: int = listener.getsockname()[1]
    return found
