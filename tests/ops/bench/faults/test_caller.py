"""A caller who keeps a session through all rounds, over a line in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

import numpy as np
import pytest

from antiphon.errors import Unavailable
from ops.bench.bench import Transport
from ops.bench.calls.line import Event, Line
from ops.bench.crowd.questions import Question
from ops.bench.faults import caller as module
from ops.bench.faults.caller import ANSWER_S, SILENCE_MS, Caller
from ops.bench.services import Running
from tests.virtual_time import run_virtual

SORRY = "I am sorry."
LOUD = np.full(240, 8000, "<i2").tobytes()
QUESTION = Question("one", "How are you?", 800, 1000.0, np.full(48_000, 100, np.int16))


class Agent:
    """The other end of every line that is dialled."""

    def __init__(self) -> None:
        self.told: list[Event] = []
        self.frames = 0
        self.lines = 0
        self.agrees = True
        self.refuses = 0  # so many calls
        self._out: asyncio.Queue[bytes | Event | None] = asyncio.Queue()

    def send(self, *items: bytes | Event | None) -> None:
        for item in items:
            self._out.put_nowait(item)

    def reply(self, name: str, text: str, status: str = "completed") -> None:
        """Say something whole."""
        self.send(
            {"type": "response.created", "response": {"id": name}},
            LOUD,
            {
                "type": "response.output_audio_transcript.done",
                "response_id": name,
                "transcript": text,
            },
            {"type": "response.done", "response": {"id": name, "status": status}},
        )

    async def hear(self, audio: bytes) -> None:
        self.frames += 1

    async def tell(self, event: Event) -> None:
        self.told.append(event)
        if self.agrees:
            self.send({"type": "session.updated"})

    async def received(self) -> AsyncIterator[bytes | Event]:
        self.lines += 1
        yield {"type": "session.created"}
        while (item := await self._out.get()) is not None:
            yield item


def call(
    story: Callable[[Caller, Agent], Awaitable[None]],
    monkeypatch: pytest.MonkeyPatch,
    *,
    simulated: bool = True,
) -> Agent:
    agent = Agent()

    @asynccontextmanager
    async def dial(transport: Transport, services: Running) -> AsyncIterator[Line]:
        if agent.refuses:
            agent.refuses -= 1
            raise LookupError("503")
        yield agent

    monkeypatch.setattr(module, "dial", dial)

    async def main() -> None:
        caller = Caller(cast(Any, None), Transport.WEBSOCKET, SORRY, simulated=simulated)
        talking = asyncio.create_task(caller.talk())
        await story(caller, agent)
        talking.cancel()

    run_virtual(main())
    return agent


def test_a_turn_is_over_once_it_was_answered_and_heard_out(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(caller: Caller, agent: Agent) -> None:
        asking = asyncio.create_task(caller.ask(QUESTION, 1.0))
        await asyncio.sleep(3)
        agent.reply("1", SORRY)
        await asyncio.sleep(1)
        assert not asking.done()
        agent.reply("2", "Fine.")
        asked = await asking
        assert (asked.begun_ms, asked.ended_ms) == (1200, 2000 + SILENCE_MS)
        assert [reply.text for reply in asked.replies] == [SORRY, "Fine."]
        assert [reply.audible_ms for reply in asked.replies] == [3000, 4000]
        assert not asked.lost

    agent = call(story, monkeypatch)
    detection = agent.told[0]["session"]["audio"]["input"]["turn_detection"]
    assert detection == {"type": "server_vad", "silence_duration_ms": SILENCE_MS}
    assert agent.told[1]["session"]["antiphon"]["simulation"]["text"] == QUESTION.text
    assert agent.frames > 100


def test_one_that_is_never_answered_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(caller: Caller, agent: Agent) -> None:
        asked = await caller.ask(QUESTION, 0.0)
        assert asked.answer(SORRY) is None
        assert asyncio.get_running_loop().time() == pytest.approx(1 + ANSWER_S)

    agent = call(story, monkeypatch, simulated=False)
    assert len(agent.told) == 1


def test_who_loses_the_session_calls_again(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(caller: Caller, agent: Agent) -> None:
        asking = asyncio.create_task(caller.ask(QUESTION, 0.0))
        await asyncio.sleep(0.5)
        agent.send(None)
        asked = await asking
        assert asked.lost == "Unavailable"
        await caller.ready()
        agent.send(None)  # while nothing is asked
        await asyncio.sleep(1)
        assert caller.losses() == ["Unavailable"] * 2
        assert caller.losses() == []
        await caller.ready()
        agent.send(LOUD)  # of nobody's question
        asking = asyncio.create_task(caller.ask(QUESTION, 0.0))
        await asyncio.sleep(1)
        agent.reply("1", "Fine.")
        assert not (await asking).lost

    assert call(story, monkeypatch).lines == 3


def test_a_gateway_that_lets_nobody_in_is_called_again_and_loses_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def story(caller: Caller, agent: Agent) -> None:
        agent.refuses = 3
        await caller.ready()
        assert caller.losses() == []

    assert call(story, monkeypatch).lines == 1


def test_a_session_that_does_not_go_on_is_told_with_what_it_said_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def story(caller: Caller, agent: Agent) -> None:
        agent.agrees = False
        with pytest.raises(Unavailable, match="the last of it: session"):
            await caller.ask(QUESTION, 0.0)

    call(story, monkeypatch)
