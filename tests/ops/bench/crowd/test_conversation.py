"""One caller of a crowd and a gateway made up, on virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from itertools import pairwise

import numpy as np
import pytest

from ops.bench.calls.caller import FRAME_MS
from ops.bench.calls.line import Event
from ops.bench.crowd.conversation import ANSWER_S, PAUSES_S, Conversation, Notes
from tests.ops.bench.crowd.made import question
from tests.virtual_time import run_virtual

LOUD = np.full(480, 8000, np.int16).tobytes()
END: Event = {"type": "end"}


class Agent:
    """A line; answers `answer_s` after the caller fell silent, and speaks for a second. 0: never."""

    def __init__(self, answer_s: float = 0.5) -> None:
        self.answer_s = answer_s
        self.heard: list[tuple[float, bytes]] = []
        self.told: list[Event] = []
        self.came: asyncio.Queue[bytes | Event] = asyncio.Queue()
        self.came.put_nowait({"type": "session.created"})
        self._spoke = False

    async def hear(self, audio: bytes) -> None:
        self.heard.append((_now(), audio))
        if any(audio):
            self._spoke = True
        elif self._spoke:
            self._spoke = False
            if self.answer_s:
                asyncio.get_running_loop().call_later(self.answer_s - 0.02, self._answer)

    async def tell(self, event: Event) -> None:
        self.told.append(event)
        self.came.put_nowait({"type": "session.updated"})

    async def received(self) -> AsyncIterator[bytes | Event]:
        while (item := await self.came.get()) is not END:
            yield item

    def _answer(self) -> None:
        reply: Event = {"id": f"r{len(self.told)}"}
        self.came.put_nowait({"type": "response.created", "response": reply})
        self.came.put_nowait(LOUD)
        done: Event = {"type": "response.done", "response": reply}
        asyncio.get_running_loop().call_later(1.0, self.came.put_nowait, done)


def _now() -> float:
    return asyncio.get_running_loop().time()


def talk(
    agent: Agent, seconds: float, *, simulated: bool = True, first: int = 0
) -> tuple[Notes, Conversation]:
    async def main() -> tuple[Notes, Conversation]:
        notes = Notes()
        asked = [question("a.wav", 400.0), question("b.wav", 600.0)]
        conversation = Conversation(agent, asked, first, lambda: notes, simulated=simulated)
        holding = asyncio.create_task(conversation.hold())
        await asyncio.sleep(seconds)
        holding.cancel()
        await asyncio.wait({holding})
        assert holding.cancelled()
        return notes, conversation

    return run_virtual(main())


def test_it_asks_listens_pauses_and_asks_the_next() -> None:
    agent = Agent(0.5)
    notes, _ = talk(agent, 9.0, first=1)
    assert [turn.question for turn in notes.turns[:3]] == ["b.wav", "a.wav", "b.wav"]
    assert [turn.voice_to_voice_ms for turn in notes.turns] == pytest.approx(
        [500.0] * len(notes.turns), abs=FRAME_MS
    )
    assert not any(turn.cut_off for turn in notes.turns)
    scripts = [told["session"]["antiphon"]["simulation"] for told in agent.told]
    assert {script["text"] for script in scripts} == {"some words"}
    assert all(one != other for one, other in pairwise(scripts))
    # A question, its answer 0.5 s later, a second of it, and a pause.
    asked_s = [
        at
        for (at, audio), (_, before) in zip(agent.heard[1:], agent.heard, strict=False)
        if any(audio) and not any(before)
    ]
    gaps = np.diff([agent.heard[0][0], *asked_s])
    assert all(1.5 + PAUSES_S[0] < gap - 0.4 < 1.9 + PAUSES_S[1] for gap in gaps)


def test_the_microphone_is_on_all_the_time_and_never_drifts() -> None:
    agent = Agent(0.5)
    notes, _ = talk(agent, 9.0)
    times = [at for at, _ in agent.heard]
    assert np.diff(times) == pytest.approx(FRAME_MS / 1000)
    assert len(notes.late_ms) == len(times)
    assert max(notes.late_ms) < 0.001


def test_a_gateway_that_takes_audio_slowly_does_not_make_the_generator_late() -> None:
    class Slow(Agent):
        async def hear(self, audio: bytes) -> None:
            await super().hear(audio)
            await asyncio.sleep(1.5 * FRAME_MS / 1000)

    notes, _ = talk(Slow(), 4.0)
    assert max(notes.late_ms) < 0.001
    assert max(notes.behind_ms) == pytest.approx(4000 / 3, abs=FRAME_MS)


def test_a_question_that_is_not_answered_is_told_and_the_next_one_asked() -> None:
    agent = Agent(0)
    notes, _ = talk(agent, 2 * ANSWER_S + 3)
    assert [turn.voice_to_voice_ms for turn in notes.turns] == [None, None]


def test_an_answer_before_the_last_word_is_a_cut_off() -> None:
    agent = Agent(0.5)

    async def interrupt(before: Callable[[bytes], Awaitable[None]], audio: bytes) -> None:
        if len(agent.heard) == 10:
            agent._answer()
        await before(audio)

    hear = agent.hear
    agent.hear = lambda audio: interrupt(hear, audio)  # type: ignore[method-assign]
    notes, _ = talk(agent, 4.0)
    assert notes.turns[0].cut_off
    assert notes.turns[0].voice_to_voice_ms == pytest.approx(500, abs=FRAME_MS)


def test_real_engines_are_told_nothing_of_what_is_said() -> None:
    agent = Agent(0.5)
    notes, _ = talk(agent, 4.0, simulated=False)
    assert notes.turns
    assert not agent.told


def test_a_session_that_ends_is_told() -> None:
    async def main() -> None:
        agent = Agent()
        conversation = Conversation(agent, [question()], 0, Notes, simulated=False)
        asyncio.get_running_loop().call_later(1.0, agent.came.put_nowait, END)
        with pytest.raises(ExceptionGroup) as ended:
            await conversation.hold()
        assert ended.group_contains(ConnectionError)

    run_virtual(main())
