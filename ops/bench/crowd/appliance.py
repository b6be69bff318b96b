"""The appliance and the processes of callers, together for the length of a benchmark."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from antiphon.errors import InvalidInput
from ops.bench.bench import Engines, Options
from ops.bench.crowd.generator import Plan
from ops.bench.crowd.generators import Generators, Seen, generating
from ops.bench.crowd.levels import Level
from ops.bench.crowd.meter import Meter
from ops.bench.crowd.questions import choose, prepare, write
from ops.bench.data import default_folder, load_clips
from ops.bench.services import Running, running
from ops.settings import Settings

# With fewer, callers and services share what there is.
CORES_APART = 4


@dataclass(frozen=True, slots=True)
class Asked:
    """What all callers ask, in the folder where their processes find it."""

    folder: Path
    questions: int
    clips: int


@dataclass(frozen=True, slots=True)
class Delays:
    """Medians of the simulated engines, in ms: MEASURES' profile of one GPU with one stream."""

    final: float = 60.0
    first_token: float = 15.0
    token: float = 8.0
    first_audio: float = 78.0


@dataclass(frozen=True, slots=True)
class Setting:
    """What measures; of all cores the services have `service_cores`."""

    generators: Generators
    meter: Meter
    idle_mb: float
    cores_apart: bool
    service_cores: int

    async def measure(self, sessions: int, seconds: float) -> Level:
        """Return what `sessions` are like; those that are missing come, those too many leave."""
        await self.generators.call(sessions)
        self.meter.begin()
        seen = await self.generators.talk(seconds)
        return Level(sessions, seen, await self.meter.end())

    async def overfill(self, knockers: int, seconds: float) -> Seen:
        """Return what the callers see while others find no room; those that were lost call again."""
        await self.generators.call(len(self.generators))
        return await self.generators.talk(seconds, knockers)


@contextmanager
def asked(options: Options) -> Iterator[Asked]:
    """Have the questions for the length of the block."""
    clips = choose(load_clips(options.data or default_folder("turns")), options.limit)
    questions = prepare(clips, Settings.load(), options)
    if not questions:
        raise InvalidInput("no clip has a voice in it: give another data folder with --data DIR")
    with TemporaryDirectory(prefix="antiphon-") as name:
        write(questions, Path(name))
        yield Asked(Path(name), len(questions), len(clips))


@asynccontextmanager
async def appliance(
    options: Options, asked: Asked, sessions: int, seats: int, delays: Delays
) -> AsyncIterator[Setting]:
    """Run an appliance with `seats`, and processes for so many callers."""
    ours, theirs = _cores()
    tables = _tables(options, sessions, seats, delays)
    with _pinned(ours):
        async with running("asr", "llm", "tts", "server", **tables) as services:
            with _pinned(theirs):
                async with generating(_plan(services, asked, options), sessions) as generators:
                    meter = Meter(services)
                    yield Setting(generators, meter, meter.rss_mb(), ours != theirs, len(ours))


def _plan(services: Running, asked: Asked, options: Options) -> Plan:
    simulated = options.engines is Engines.SIMULATED
    return Plan(str(services.folder), str(asked.folder), options.transport, simulated)


def _tables(options: Options, sessions: int, seats: int, delays: Delays) -> dict[str, Any]:
    server = {"server": {"max_sessions": seats}}
    if options.engines is Engines.REAL:
        return server
    # Simulated engines stand for a card, and bound nothing. A session that listens anew has two streams.
    simulated = {"engine": "simulated"}
    tokens = {"first_token_ms": delays.first_token, "token_ms": delays.token}
    return {
        "asr": {**simulated, "max_streams": 2 * sessions, "simulated_ms": delays.final},
        "llm": {**simulated, "max_waiting": sessions, "simulated": tokens},
        "tts": {**simulated, "max_calls": 2 * sessions, "simulated_ms": delays.first_audio},
        **server,
    }


def _cores() -> tuple[set[int], set[int]]:
    """Return the cores of the services and those of the callers."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < CORES_APART:
        return set(cores), set(cores)
    quarter = len(cores) // CORES_APART
    return set(cores[:-quarter]), set(cores[-quarter:])


@contextmanager
def _pinned(cores: set[int]) -> Iterator[None]:
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
