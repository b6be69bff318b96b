"""The benchmark of capacity: its search over made-up machines, and what it saves."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from antiphon.errors import InvalidInput, Unavailable
from ops.bench import capacity
from ops.bench.bench import Engines, Options
from ops.bench.capacity import BOUND_MS, holds, search
from ops.bench.crowd.appliance import Asked
from ops.bench.crowd.levels import Level
from ops.bench.progress import Progress
from server.capacity import Capacity, read
from server.settings import ServerSettings
from tests.ops.bench.crowd.made import level, seen, turn

OPTIONS = Options(engines=Engines.SIMULATED, sessions=64, progress=Progress(StringIO()))
WRITE = replace(OPTIONS, engines=Engines.REAL, write=True)


class Machine:
    """Holds so many; `hiccups` loads in a row fail all the same."""

    idle_mb = 100.0
    cores_apart = False
    service_cores = 2

    def __init__(self, most: int, hiccups: int = 0) -> None:
        self.most = most
        self.hiccups = hiccups
        self.measured: list[int] = []

    async def measure(self, sessions: int, seconds: float = 0.0) -> Level:
        self.measured.append(sessions)
        if self.hiccups:
            self.hiccups -= 1
            return level(sessions, 2000.0)
        return level(sessions, 500.0 if sessions <= self.most else 800.0)


@pytest.mark.parametrize("carries", [0, 1, 2, 3, 5, 13, 30, 47, 63, 64, 100])
def test_the_search_finds_what_a_machine_carries_to_a_tenth(carries: int) -> None:
    machine = Machine(carries)
    levels = asyncio.run(search(machine.measure, 64, BOUND_MS))
    held = max((one.sessions for one in levels if holds(one, BOUND_MS)), default=0)
    assert held <= carries
    assert held >= min(carries, 64) - max(1, 0.1 * held)
    assert len(machine.measured) == len(set(machine.measured)) <= 12


@pytest.mark.parametrize(
    ("one", "held"),
    [
        (level(2, 750), True),
        (level(2, 751), False),
        (level(2, None), False),
        (replace(level(2), seen=seen(turn(500), talking=1)), False),
        (replace(level(2), seen=seen(talking=2)), False),
    ],
)
def test_a_load_holds_when_all_are_answered_in_time(one: Level, held: bool) -> None:
    assert holds(one, 750) is held


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of an installation of the test's own."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path / "antiphon" / "capacity.json"


def _run(
    monkeypatch: pytest.MonkeyPatch, machine: Machine, options: Options
) -> tuple[dict[str, Any], dict[str, Any]]:
    @contextmanager
    def asked(options: Options) -> Iterator[Asked]:
        yield Asked(Path("/asked"), 8, 9)

    @asynccontextmanager
    async def appliance(*_: object) -> AsyncIterator[Machine]:
        yield machine

    monkeypatch.setattr(capacity, "appliance", appliance)
    monkeypatch.setattr(capacity, "asked", asked)
    found = asyncio.run(capacity.run(options))
    return dict(found.figures), dict(found.context)


def test_what_was_found_is_saved_only_where_that_is_asked(
    monkeypatch: pytest.MonkeyPatch, state: Path
) -> None:
    figures, context = _run(monkeypatch, Machine(20), OPTIONS)
    assert (figures["sessions"], figures["p95_ms"], figures["bound_ms"]) == (20, 500, 750)
    assert list(figures["by_sessions"]) == sorted(figures["by_sessions"])
    assert context["bounded_by"].startswith("22 sessions: latency alone")
    assert not state.exists()
    _, context = _run(monkeypatch, Machine(20), replace(WRITE, bound_ms=600.0))
    assert context["written"] == str(state)
    saved = read(state)
    assert isinstance(saved, Capacity)
    assert (saved.sessions, saved.bound_ms, saved.engines) == (20, 600, "real")
    assert ServerSettings().max_sessions == 20


def test_a_machine_that_carries_nobody_saves_nothing(
    monkeypatch: pytest.MonkeyPatch, state: Path
) -> None:
    figures, _ = _run(monkeypatch, Machine(0), OPTIONS)
    assert (figures["sessions"], figures["p95_ms"]) == (0, None)
    with pytest.raises(Unavailable, match="--bound-ms"):
        _run(monkeypatch, Machine(0), WRITE)
    assert not state.exists()


def test_simulated_engines_say_nothing_that_could_be_saved(
    monkeypatch: pytest.MonkeyPatch, state: Path
) -> None:
    machine = Machine(20)
    with pytest.raises(InvalidInput, match="give --engines real"):
        _run(monkeypatch, machine, replace(WRITE, engines=Engines.SIMULATED))
    assert not machine.measured
    assert not state.exists()


def test_a_load_that_fails_is_measured_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(64, hiccups=1)
    figures, context = _run(monkeypatch, machine, OPTIONS)
    assert machine.measured == [1, 1, 2, 4, 8, 16, 32, 64]
    assert figures["sessions"] == 64
    assert context["bounded_by"] == "nothing: as many as were to be tried"


def test_a_session_that_was_lost_says_what_bounds_it(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(Machine):
        async def measure(self, sessions: int, seconds: float = 0.0) -> Level:
            found = await super().measure(sessions, seconds)
            lost = Counter({"Exhausted: all 4 streams are in use": sessions - 4})
            left = replace(seen(turn(500), talking=4), lost=lost)
            return replace(found, seen=left) if sessions > 4 else found

    figures, context = _run(monkeypatch, Full(64), OPTIONS)
    assert figures["sessions"] == 4
    assert context["bounded_by"] == "5 sessions: Exhausted: all 4 streams are in use"
