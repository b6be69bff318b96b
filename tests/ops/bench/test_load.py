"""The benchmark of load: its plan over made-up loads, and a small run of the whole."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from antiphon.errors import InvalidInput
from ops.bench import load
from ops.bench.bench import Engines, Options
from ops.bench.crowd.appliance import Asked, Delays
from ops.bench.crowd.generators import Seen
from ops.bench.crowd.growth import grown
from ops.bench.crowd.levels import Level
from ops.bench.progress import Progress
from tests.ops.bench.crowd.made import level, seen, turn

OPTIONS = Options(engines=Engines.SIMULATED, sessions=6, progress=Progress(StringIO()))


class Machine:
    """Answers in 500 ms and one more for each session; notes what it was started for."""

    idle_mb = 100.0
    cores_apart = False
    service_cores = 2

    def __init__(self) -> None:
        self.began: list[tuple[int, int, Delays]] = []
        self.measured: list[tuple[int, float]] = []
        self.knocked: list[tuple[int, float]] = []

    @asynccontextmanager
    async def appliance(
        self, options: Options, asked: Asked, sessions: int, seats: int, delays: Delays
    ) -> AsyncIterator[Machine]:
        self.began.append((sessions, seats, delays))
        yield self

    async def measure(self, sessions: int, seconds: float) -> Level:
        self.measured.append((sessions, seconds))
        return level(sessions, 500.0 + sessions)

    async def overfill(self, knockers: int, seconds: float) -> Seen:
        self.knocked.append((knockers, seconds))
        return replace(seen(turn(600)), refused_ms=[9.0] * knockers)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    @contextmanager
    def asked(options: Options) -> Iterator[Asked]:
        yield Asked(Path("/asked"), 8, 9)

    found = Machine()
    monkeypatch.setattr(load, "appliance", found.appliance)
    monkeypatch.setattr(load, "asked", asked)
    return found


def _run(options: Options) -> tuple[dict[str, Any], dict[str, Any]]:
    found = asyncio.run(load.run(options))
    return dict(found.figures), dict(found.context)


def test_one_session_and_all_are_measured_on_one_appliance(machine: Machine) -> None:
    figures, context = _run(OPTIONS)
    assert machine.began == [(6, 6, Delays())]
    assert machine.measured == [(1, 72.0), (6, load.DURATION_S)]
    assert figures["sessions"] == 6
    assert figures["ratio_to_one"] == pytest.approx(506 / 501, abs=0.001)
    assert context["bounded_by"] == {1: "nothing", 6: "nothing"}
    assert context["delays"] == "constant in load"
    assert context["rss_mb_per_session"] == "the gateway's memory alone"


@pytest.mark.parametrize("growing", [False, True])
def test_a_few_callers_see_how_soon_they_are_told_that_all_seats_are_taken(
    machine: Machine, growing: bool
) -> None:
    figures, context = _run(replace(OPTIONS, growing=growing))
    assert machine.knocked == [(load.KNOCKERS, load.KNOCK_S)]
    assert (figures["refused"], figures["refusal_ms"]["p95"]) == (load.KNOCKERS, 9)
    assert "admitted_lost" not in figures
    assert context["at_the_door"] == "20 callers over 5 s, once each"


def test_a_picture_needs_every_power_of_two(machine: Machine, tmp_path: Path) -> None:
    path = tmp_path / "load.png"
    _run(replace(OPTIONS, plot=path, duration_s=100.0))
    assert machine.measured == [(n, 100.0) for n in (1, 2, 4, 6)]
    assert path.exists()


def test_growing_delays_need_an_appliance_for_each_load(machine: Machine) -> None:
    _, context = _run(replace(OPTIONS, growing=True))
    assert machine.began == [(1, 1, grown(1)), (6, 6, grown(6))]
    assert context["delays"].startswith("grow")
    with pytest.raises(InvalidInput, match="--growing"):
        _run(replace(OPTIONS, growing=True, engines=Engines.REAL))
    with pytest.raises(InvalidInput, match="leave out --growing"):
        _run(replace(OPTIONS, growing=True, offered=4))
    assert len(machine.began) == 2


def test_callers_without_a_seat_come_once_all_seats_are_taken(machine: Machine) -> None:
    figures, context = _run(replace(OPTIONS, offered=4))
    assert machine.knocked == [(18, load.DURATION_S)]
    assert context["at_the_door"] == "4 times as many as there is room for"
    assert (figures["refused"], figures["refusal_ms"]["p95"]) == (18, 9)
    assert figures["admitted_p95_ratio"] == pytest.approx(600 / 506, abs=0.001)


@pytest.mark.slow
@pytest.mark.model
def test_people_converse_two_at_a_time_while_others_are_refused(one_question: Options) -> None:
    options = replace(one_question, sessions=2, duration_s=14.0, offered=2)
    figures, context = _run(options)
    assert (figures["sessions"], figures["lost"], context["lost"]) == (2, 0, {})
    assert figures["turns"] >= 1
    assert figures["voice_to_voice_ms"]["p50"] > 0
    assert figures["refused"] >= 2
    assert (figures["let_in_over_capacity"], figures["refused_otherwise"]) == (0, 0)
    assert figures["cpu"]["generator"] > 0
    assert figures["loop_lag_ms"]["p99"] > 0
