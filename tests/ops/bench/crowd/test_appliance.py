"""What is run for a load, without running it; `test_load.py` runs it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from antiphon.errors import InvalidInput
from ops.bench.bench import Engines, Options, Transport
from ops.bench.crowd import appliance as crowds
from ops.bench.crowd.appliance import CORES_APART, Asked, Delays, Setting
from ops.bench.crowd.generator import Plan
from ops.bench.crowd.generators import Seen
from ops.bench.crowd.meter import Cost
from ops.bench.services import Running
from ops.settings import Settings
from tests.ops.bench.crowd.made import clip, question, seen, turn

COST = Cost({"server": 0.1}, 120.0, 1.0, 2.0, 0.5)


class Callers:
    """Generators, and the meter beside them."""

    def __init__(self) -> None:
        self.steps: list[Any] = []

    def __len__(self) -> int:
        return 2

    async def call(self, callers: int) -> None:
        self.steps.append(callers)

    async def talk(self, seconds: float, knockers: int = 0) -> Seen:
        self.steps.append((seconds, knockers))
        return seen(turn(500), talking=2)

    def begin(self) -> None:
        self.steps.append("begin")

    async def end(self) -> Cost:
        return COST

    def rss_mb(self) -> float:
        return 100.0


def test_a_load_is_measured_once_all_are_there() -> None:
    async def main() -> None:
        callers = Callers()
        setting = Setting(callers, callers, 100.0, False, 2)  # type: ignore[arg-type]
        level = await setting.measure(2, 30.0)
        assert (level.sessions, level.cost, level.p95_ms) == (2, COST, 500)
        await setting.overfill(6, 20.0)
        assert callers.steps == [2, "begin", (30.0, 0), 2, (20.0, 6)]

    asyncio.run(main())


@pytest.mark.parametrize("engines", list(Engines))
def test_it_is_started_with_its_seats_and_its_delays(
    engines: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    began: dict[str, Any] = {}
    plans: list[Plan] = []

    @asynccontextmanager
    async def running(*names: str, **tables: Any) -> AsyncIterator[Running]:
        began.update(tables)
        yield Running(Path("/run"), Settings.load({}))

    @asynccontextmanager
    async def generating(plan: Plan, callers: int) -> AsyncIterator[Callers]:
        plans.append(plan)
        yield Callers()

    monkeypatch.setattr(crowds, "running", running)
    monkeypatch.setattr(crowds, "generating", generating)
    monkeypatch.setattr(crowds, "Meter", lambda services: Callers())

    async def main() -> None:
        options = Options(engines=engines, transport=Transport.GRPC)
        asked = Asked(Path("/asked"), 1, 1)
        async with crowds.appliance(options, asked, 20, 12, Delays(token=9.0)) as setting:
            assert setting.idle_mb == 100
            assert (setting.service_cores, setting.cores_apart) == (len(ours), ours != theirs)

    cores = os.sched_getaffinity(0)
    ours, theirs = crowds._cores()
    asyncio.run(main())
    assert os.sched_getaffinity(0) == cores
    assert plans == [Plan("/run", "/asked", Transport.GRPC, engines is Engines.SIMULATED)]
    assert began.pop("server") == {"max_sessions": 12}
    if engines is Engines.REAL:
        assert not began
    else:
        assert {name: table["engine"] for name, table in began.items()} == dict.fromkeys(
            ("asr", "llm", "tts"), "simulated"
        )
        assert began["llm"]["simulated"] == {"first_token_ms": 15.0, "token_ms": 9.0}
        assert (began["asr"]["simulated_ms"], began["asr"]["max_streams"]) == (60.0, 40)


@pytest.mark.parametrize(
    ("cores", "ours", "theirs"),
    [
        ({0, 1}, {0, 1}, {0, 1}),
        ({0, 1, 2}, {0, 1, 2}, {0, 1, 2}),
        (set(range(CORES_APART)), {0, 1, 2}, {3}),
        (set(range(10)), set(range(8)), {8, 9}),
    ],
)
def test_callers_have_cores_of_their_own_where_there_are_enough(
    cores: set[int], ours: set[int], theirs: set[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: cores)
    assert crowds._cores() == (ours, theirs)


def test_questions_are_there_for_the_length_of_the_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crowds, "load_clips", lambda folder: [clip("a"), clip("b")])
    monkeypatch.setattr(crowds, "prepare", lambda *_: [question()])
    with crowds.asked(Options(tmp_path)) as asked:
        assert (asked.questions, asked.clips) == (1, 2)
        assert (asked.folder / "questions.json").exists()
    assert not asked.folder.exists()
    monkeypatch.setattr(crowds, "prepare", lambda *_: [])
    with pytest.raises(InvalidInput, match="no clip has a voice"), crowds.asked(Options(tmp_path)):
        raise AssertionError("it began")
