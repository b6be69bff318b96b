"""The appliance with simulated engines, and Prometheus beside it, for the length of a run."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from antiphon.errors import InvalidInput
from ops.bench.bench import Engines, Options
from ops.bench.calls.overlaps import LISTENING, SPEAKING
from ops.bench.crowd.questions import choose, prepare
from ops.bench.data import Clip, load_clips, spread
from ops.bench.hearing.takes import takes
from ops.bench.interrupt import scenes_of
from ops.bench.services import Running, running
from ops.observability.prometheus import HOST, Prometheus, free_port, prometheus
from ops.observability.traffic import REPLIES, SEATS, Material
from ops.settings import Settings
from ops.supervisor.plan import GATEWAY, METRICS_PORTS, SERVICES

# Of those played over answers: every other one is somebody's turn, the others are coughs and the like.
OVERLAPS = 6
# prometheus.yml's name for it; the engines have their own.
GATEWAY_JOB = "gateway"
SIMULATED = {"engine": "simulated"}


@dataclass(frozen=True, slots=True)
class Stage:
    """What runs."""

    services: Running
    prometheus: Prometheus


@asynccontextmanager
async def stage() -> AsyncIterator[Stage]:
    """Start everything on loopback and sockets of its own; stop it with the block."""
    first = free_port(following=len(METRICS_PORTS) - 1)
    async with running(*SERVICES, **_tables(f"{HOST}:{first}")) as services:
        with TemporaryDirectory(prefix="antiphon-") as name:
            async with prometheus(Path(name), targets(first)) as asking:
                yield Stage(services, asking)


def targets(first: int) -> dict[str, str]:
    """Return where each job is read, the first port being `first`."""
    jobs = {GATEWAY: GATEWAY_JOB}
    return {jobs.get(name, name): f"{HOST}:{first + more}" for name, more in METRICS_PORTS.items()}


def material(data: Path) -> Material:
    """Return what is said, from a folder as `antiphon bench interrupt` takes it."""
    clips, settings, options = load_clips(data), Settings.load(), Options(engines=Engines.SIMULATED)
    asked = choose(clips, None)
    questions = prepare(asked, settings, options)
    scenes = scenes_of(takes(overlaps(clips), settings, options))
    if not questions or not scenes:
        raise InvalidInput(
            f"{data} has no clip of a caller's turn: give another folder with --data"
        )
    return Material(questions, scenes, asked[0].path)


def overlaps(clips: list[Clip]) -> list[Clip]:
    """Return what is played over answers, taking turns: what is to stop one, and what is not."""
    stopping = spread([clip for clip in clips if clip.condition in SPEAKING], OVERLAPS)
    leaving = spread([clip for clip in clips if clip.condition in LISTENING], OVERLAPS)
    return [clip for pair in zip(stopping, leaving, strict=False) for clip in pair]


def _tables(metrics_address: str) -> dict[str, Any]:
    return {
        "asr": SIMULATED,
        "llm": {**SIMULATED, "simulated": {"replies": json.dumps(REPLIES)}},
        "tts": SIMULATED,
        "server": {"max_sessions": SEATS},
        "observability": {"metrics_address": metrics_address},
    }
