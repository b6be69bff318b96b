"""From the event loop to a blocking voice and back."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from functools import partial

import pytest

from inference.tts.bridge import BridgedEngine, Turns
from inference.tts.engine import Piece, Said, Span, Step
from tests.inference.tts.voices import PIECES, CountingVoice

NOW = 0.0


@asynccontextmanager
async def bridged(voice: CountingVoice) -> AsyncIterator[BridgedEngine]:
    engine = BridgedEngine(voice)
    try:
        yield engine
    finally:
        voice.gate.release(1000)
        engine.close()


def words(text: str) -> list[Said]:
    return [Said(text, Span(0, len(text)))]


async def speak(engine: BridgedEngine, text: str, deadline: float = NOW) -> list[Step]:
    return [step async for step in engine.speak(words(text), 1.0, lambda: deadline)]


def test_pieces_arrive_in_order_from_one_other_thread() -> None:
    voice = CountingVoice()

    async def main() -> list[Step]:
        async with bridged(voice) as engine:
            assert engine.info is voice.info
            return await speak(engine, "one")

    steps = asyncio.run(main())
    assert len(steps) == PIECES
    assert all(step.queue_ms >= 0 and step.compute_ms >= 0 for step in steps)
    assert voice.threads == {"tts-voice"}
    assert voice.closed


def test_the_most_urgent_is_done_first() -> None:
    turns = Turns()
    begun, go = threading.Event(), threading.Event()
    done: list[str] = []

    def busy() -> None:
        begun.set()
        go.wait(10)

    turns.do(busy, 9.0)
    begun.wait(10)
    for name, deadline in [("late", 9.0), ("soon", 1.0), ("soon too", 1.0), ("later", 10.0)]:
        last = turns.do(partial(done.append, name), deadline)
    go.set()
    last.result(10)
    turns.shut()
    assert done == ["soon", "soon too", "late", "later"]


def test_a_call_tells_how_urgent_each_piece_is() -> None:
    asked: list[float] = []

    def deadline() -> float:
        asked.append(len(asked))
        return asked[-1]

    async def main() -> None:
        async with bridged(CountingVoice()) as engine:
            async for _ in engine.speak(words("one"), 1.0, deadline):
                pass

    asyncio.run(main())
    assert len(asked) == PIECES + 1  # the last is told that there is no more


def test_a_cancelled_caller_takes_no_further_turn() -> None:
    voice = CountingVoice()
    voice.gate = threading.Semaphore(0)

    async def main() -> None:
        async with bridged(voice) as engine:
            busy = asyncio.create_task(speak(engine, "busy"))
            await asyncio.to_thread(voice.begun.wait, 10)
            waits = asyncio.create_task(speak(engine, "waits", 1.0))
            await asyncio.sleep(0)
            busy.cancel()
            waits.cancel()
            await asyncio.wait([busy, waits])
            voice.gate.release(1000)
            await speak(engine, "next")

    asyncio.run(main())
    assert voice.spoken == ["busy"] + ["next"] * PIECES


def test_an_error_reaches_its_caller_alone() -> None:
    class Failing(CountingVoice):
        def speak(self, words: Sequence[Said], speed: float) -> Iterator[Piece]:
            if words[0].text == "bad":
                raise ValueError("planted")
            return super().speak(words, speed)

    async def main() -> list[Step]:
        async with bridged(Failing()) as engine:
            with pytest.raises(ValueError, match="planted"):
                await speak(engine, "bad")
            return await speak(engine, "good")

    assert len(asyncio.run(main())) == PIECES


def test_shutting_drops_what_waits() -> None:
    turns = Turns()
    begun, go = threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        go.wait()

    first, second = turns.do(work, 0.0), turns.do(work, 1.0)
    begun.wait()
    go.set()
    turns.shut()
    assert first.done() and not first.cancelled()
    assert second.done()
