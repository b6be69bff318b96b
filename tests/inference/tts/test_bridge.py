"""From the event loop to a blocking voice and back."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress

import pytest

from antiphon.diligence import Diligence
from inference.tts.bridge import BridgedEngine, Turns
from inference.tts.engine import Piece, Said, Span, Step
from inference.tts.work import Work
from tests.inference.tts.voices import PIECES, CountingVoice, StagedVoice

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
    voice = StagedVoice()
    voice.gate = threading.Semaphore(0)
    turns = Turns()
    turns.do(voice.speak(words("busy"), 1.0), 9.0)
    voice.begun.wait(10)
    asked = [("late", 9.0), ("soon", 1.0), ("soon too", 1.0), ("later", 10.0)]
    futures = [turns.do(voice.speak(words(name), 1.0), deadline) for name, deadline in asked]
    voice.gate.release(5)
    futures[-1].result(10)
    turns.shut()
    assert voice.computed == [["busy"], ["soon"], ["soon too"], ["late"], ["later"]]


@pytest.mark.parametrize("voice", [CountingVoice(), StagedVoice()], ids=["pieces", "stages"])
def test_a_voice_that_hangs_is_noticed_and_one_that_comes_on_is_not(
    voice: CountingVoice | StagedVoice,
) -> None:
    diligence = Diligence(3)
    turns = Turns(diligence=diligence)
    for _ in range(9):
        turns.do(voice.speak(words("one"), 1.0), NOW).result(10)
        assert not diligence.tick()
    voice.gate = threading.Semaphore(0)
    voice.begun.clear()
    hung = turns.do(voice.speak(words("two"), 1.0), NOW)
    assert voice.begun.wait(10)
    assert [diligence.tick() for _ in range(3)] == [False, False, True]
    voice.gate.release()
    hung.result(10)
    turns.shut()
    assert not diligence.tick()


def test_what_several_need_alike_is_computed_in_one() -> None:
    voice = StagedVoice()
    voice.gate = threading.Semaphore(0)
    turns = Turns(most=3)
    turns.do(voice.speak(words("busy"), 1.0), 0.0)
    voice.begun.wait(10)
    asked = [("a2", 2.0), ("a1", 1.0), ("b", 1.5), ("a4", 4.0), ("a333", 3.0)]
    futures = [turns.do(voice.speak(words(name), 1.0), deadline) for name, deadline in asked]
    voice.gate.release(4)
    steps = [future.result(10) for future in futures]
    turns.shut()
    assert voice.computed == [["busy"], ["a1", "a2", "a333"], ["b"], ["a4"]]
    assert [step and step.piece.samples[0] for step in steps] == [2, 2, 1, 2, 4]  # each its own


def test_what_fails_for_one_of_a_batch_fails_for_that_one() -> None:
    voice = StagedVoice()
    voice.gate = threading.Semaphore(0)
    turns = Turns(most=8)
    turns.do(voice.speak(words("x"), 1.0), 0.0)
    voice.begun.wait(10)
    good, bad = (turns.do(voice.speak(words(name), 1.0), 1.0) for name in ("bold", "bad"))
    voice.gate.release(9)
    assert good.result(10) is not None
    with pytest.raises(ValueError, match="planted"):
        bad.result(10)
    turns.shut()
    assert voice.computed[1:] == [["bold", "bad"], ["bold"], ["bad"]]


@pytest.mark.parametrize("lasts_s", [100, 0.000_001], ids=["have audio", "ran dry"])
def test_a_late_caller_is_next_however_much_others_asked_for(lasts_s: float) -> None:
    voice = StagedVoice()
    voice.gate = threading.Semaphore(30)
    late = asyncio.Event()

    async def call(engine: BridgedEngine, name: str) -> None:
        work = Work()
        work.ask()
        text = [Said(f"{name}{number}", Span(0, 1)) for number in range(100)]
        async for step in engine.speak(text, 1.0, work.deadline):
            work.add(step, round(len(step.piece.samples) / lasts_s))
            if name == "late":
                late.set()

    async def main() -> None:
        engine = BridgedEngine(voice)
        calls = [asyncio.create_task(call(engine, "flood")) for _ in range(10)]
        await asyncio.to_thread(voice.held.wait, 10)
        calls.append(asyncio.create_task(call(engine, "late")))
        await asyncio.sleep(0.001)  # it has asked
        voice.gate.release(2)
        with suppress(TimeoutError):  # the order below tells
            await asyncio.wait_for(late.wait(), 10)
        for one in calls:
            one.cancel()
        voice.gate.release(100)
        await asyncio.wait(calls)
        engine.close()

    asyncio.run(main())
    assert {name[0] for (name,) in voice.computed[:31]} == {"f"}
    assert voice.computed[31] == ["late0"]


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


class Panic(BaseException):
    """What libraries written in Rust raise where they break down."""


@pytest.mark.parametrize("kind", [ValueError, Panic])
def test_an_error_reaches_its_caller_alone(kind: type[BaseException]) -> None:
    class Failing(CountingVoice):
        def speak(self, words: Sequence[Said], speed: float) -> Iterator[Piece]:
            if words[0].text == "bad":
                return self._fail()
            return super().speak(words, speed)

        def _fail(self) -> Iterator[Piece]:
            raise kind("planted")
            yield

    async def main() -> list[Step]:
        async with bridged(Failing()) as engine:
            with pytest.raises(kind, match="planted"):
                await speak(engine, "bad")
            return await speak(engine, "good")

    assert len(asyncio.run(main())) == PIECES


def test_shutting_drops_what_waits() -> None:
    voice = StagedVoice()
    voice.gate = threading.Semaphore(0)
    turns = Turns()
    first = turns.do(voice.speak(words("busy"), 1.0), 0.0)
    voice.begun.wait(10)
    second = turns.do(voice.speak(words("waits"), 1.0), 1.0)
    threading.Timer(0.1, voice.gate.release).start()  # the work in progress, while it is being shut
    turns.shut()
    assert first.result(0) is not None
    assert second.cancelled()
    assert voice.computed == [["busy"]]
