"""The rounds of `antiphon chaos`, over callers and a house that are made up."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np
import pytest

from antiphon.errors import InvalidInput
from ops.bench import chaos
from ops.bench.bench import Engines, Options, Result
from ops.bench.crowd.questions import Question
from ops.bench.faults import faults as strikes
from ops.bench.faults.health import Health
from ops.bench.faults.hit import Asked, Said
from ops.bench.faults.house import Kind
from ops.settings import Settings
from tests.virtual_time import run_virtual

QUESTION = Question("one", "How are you?", 800, 1000.0, np.zeros(10, np.int16))


class Crowd:
    """A caller whose answer comes a while after the turn's end."""

    made: ClassVar[list[Crowd]] = []

    def __init__(self, services: Any, transport: Any, apology: str, *, simulated: bool) -> None:
        self.simulated = simulated
        Crowd.made.append(self)

    async def talk(self) -> None:
        await asyncio.Event().wait()

    async def ready(self) -> None:
        await asyncio.sleep(0.1)

    async def ask(self, question: Question, after_s: float) -> Asked:
        await asyncio.sleep(after_s)
        begun_ms = asyncio.get_running_loop().time() * 1000
        ended_ms = begun_ms + question.last_ms + 500
        await asyncio.sleep(10)
        answer = Said("1", "Fine.", [ended_ms + 300], "completed", ended_ms + 2000)
        return Asked(begun_ms, ended_ms, [answer])

    def losses(self) -> list[str]:
        return []


@asynccontextmanager
async def watching(http_socket: str) -> AsyncIterator[Health]:
    assert http_socket == "/nowhere"
    yield Health(asyncio.get_running_loop().time() * 1000 + 40)


class Place:
    """A house that is ready a while after each fault."""

    services = SimpleNamespace(http_socket="/nowhere")
    proxies: ClassVar[Mapping[str, Any]] = {
        name: SimpleNamespace(cut=lambda: None, refuse=lambda: None, accept=lambda: None, slow_s=0)
        for name in ("asr", "llm", "tts")
    }

    async def until_ready(self) -> None:
        await asyncio.sleep(2)

    def fill_disk(self) -> None:
        """Nothing is there to fill."""

    empty_disk = fill_disk


def run(monkeypatch: pytest.MonkeyPatch, **options: Any) -> tuple[Result, list[Any]]:
    opened: list[Any] = []
    Crowd.made = []

    @contextmanager
    def asked(_: Options) -> Iterator[Any]:
        yield SimpleNamespace(folder=Path())

    @asynccontextmanager
    async def house(kind: Kind, tables: Mapping[str, Any]) -> AsyncIterator[Any]:
        opened.append((kind, tables))
        yield Place()

    monkeypatch.setattr(chaos, "questions_asked", asked)
    monkeypatch.setattr(chaos, "read", lambda _: [QUESTION])
    monkeypatch.setattr(chaos, "house", house)
    monkeypatch.setattr(chaos, "Caller", Crowd)
    monkeypatch.setattr(chaos, "watching", watching)
    return run_virtual(chaos.run(Options(**options))), opened


def test_each_fault_strikes_until_it_hit_as_many_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"engines": Engines.SIMULATED, "faults": "cut-asr,cut-llm", "count": 5, "sessions": 2}
    result, opened = run(monkeypatch, **given)
    assert all(5 <= hits <= 6 for hits in result.figures["faults"].values())
    assert result.figures["sessions_lost"] == 0
    assert 0 < result.figures["answer_ms"]["p95"] <= 300
    assert result.figures["recovery_ms"]["p50"] >= 2000
    assert result.figures["by_fault"]["cut-asr"]["unready_after_ms"]["p50"] == pytest.approx(40)
    ((kind, tables),) = opened
    assert kind is Kind.PLAIN
    card = Settings.load({"ANTIPHON_PROFILE": "gpu"}).server.deadlines
    assert tables["server"]["deadlines"] == card.model_dump()
    # What the services are told must be what they can be told.
    assert Settings.load(
        {"ANTIPHON_LLM__SIMULATED__REPLIES": tables["llm"]["simulated"]["replies"]}
    )
    assert [one.simulated for one in Crowd.made] == [True, True]


def test_a_fault_with_a_house_of_its_own_has_it_or_is_skipped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(chaos, "missing", lambda kind: "no" if kind is Kind.OWN_CLOCK else "")
    monkeypatch.setattr(strikes, "FULL_S", 0.1)
    result, opened = run(monkeypatch, engines=Engines.REAL, faults="full-disk,clock-step", count=1)
    assert list(result.figures["faults"]) == ["full-disk"]
    assert result.context["skipped"] == {"clock-step": "no"}
    assert [kind for kind, _ in opened] == [Kind.SMALL_DISK]
    assert "deadlines" not in opened[0][1]["server"]
    assert result.context["callers"] == 1


def test_as_many_call_as_leave_time_for_a_process_that_starts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    simulated = Options(engines=Engines.SIMULATED)
    assert chaos._sessions(simulated) == 6
    assert chaos._sessions(replace(simulated, sessions=10)) == 10
    assert not Crowd.made[0].simulated


def test_a_fault_that_there_is_not_stops_it_before_anything_starts() -> None:
    with pytest.raises(InvalidInput, match="kill-gpu"):
        asyncio.run(chaos.run(Options(faults="kill-gpu")))
