"""The benchmark of endurance: its plan over a made-up appliance, and a small run of the whole."""

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

from antiphon.errors import Unavailable
from ops.bench import soak
from ops.bench.bench import Engines, Options, Transport
from ops.bench.crowd.appliance import Asked, Delays
from ops.bench.crowd.generators import Seen
from ops.bench.crowd.meter import Held
from ops.bench.progress import Progress
from tests.ops.bench.crowd.made import seen, turn

OPTIONS = Options(engines=Engines.SIMULATED, sessions=40, progress=Progress(StringIO()))


class Machine:
    """Keeps 2 KiB of each session, and a descriptor of every tenth."""

    def __init__(self) -> None:
        self.meter = self.generators = self
        self.began: list[tuple[int, int]] = []
        self.crowds: list[int] = []
        self.had = 0
        self.lost: Counter[str] = Counter()

    @asynccontextmanager
    async def appliance(
        self, options: Options, asked: Asked, sessions: int, seats: int, delays: Delays
    ) -> AsyncIterator[Machine]:
        self.began.append((sessions, seats))
        yield self

    async def call(self, callers: int) -> None:
        self.crowds.append(callers)
        self.had += callers

    async def talk(self, seconds: float) -> Seen:
        return replace(seen(turn(500), turn(None)), lost=self.lost)

    def held(self) -> dict[str, Held]:
        return {"server": Held(1000.0 + 2 * self.had, 10 + self.had // 10)}


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    @contextmanager
    def asked(options: Options) -> Iterator[Asked]:
        yield Asked(Path("/asked"), 8, 9)

    found = Machine()
    monkeypatch.setattr(soak, "appliance", found.appliance)
    monkeypatch.setattr(soak, "asked", asked)
    return found


def _run(options: Options) -> tuple[dict[str, Any], dict[str, Any]]:
    found = asyncio.run(soak.run(options))
    return dict(found.figures), dict(found.context)


def test_crowd_after_crowd_comes_and_leaves(machine: Machine) -> None:
    figures, context = _run(OPTIONS)
    assert machine.began == [(16, 16)]
    assert machine.crowds == [16, 0, 16, 0, 8, 0]
    assert figures["sessions"] == 40
    assert figures["rss_slope_kb_per_session"] == pytest.approx(2)
    assert figures["fd_slope"] == pytest.approx(0.1, rel=0.3)
    assert (figures["turns"], figures["answered"], figures["lost"]) == (6, 3, 0)
    assert (context["at_a_time"], context["readings"]) == (16, 4)


def test_a_picture(machine: Machine, tmp_path: Path) -> None:
    _run(replace(OPTIONS, plot=tmp_path / "soak.png"))
    assert (tmp_path / "soak.png").exists()


def test_a_gateway_that_lets_nobody_in_is_no_measurement(machine: Machine) -> None:
    machine.lost = Counter({"Exhausted: no room": 8})
    with pytest.raises(Unavailable, match="no session stood: Exhausted: no room"):
        _run(replace(OPTIONS, sessions=16))


@pytest.mark.slow
@pytest.mark.model
def test_people_call_and_hang_up(one_question: Options) -> None:
    figures, _ = _run(replace(one_question, sessions=6, transport=Transport.WEBRTC))
    assert (figures["sessions"], figures["lost"]) == (6, 0)
    assert set(figures["by_service"]) == {"asr", "llm", "tts", "server"}
    assert figures["rss_mb"]["last"] > 10
    assert figures["descriptors"]["last"] > 3
