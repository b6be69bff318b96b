"""The way to the engine's thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

from antiphon.errors import InvalidInput
from inference.asr.decoder import JOBS_PER_STREAM, Job, QueuedDecoder, Urgency
from inference.asr.engine import About, Hypothesis, Script, Speech


class HeldEngine:
    """Decodes when it is let, and says which samples it was given."""

    about = About("held", ())

    def __init__(self) -> None:
        self.let = threading.Semaphore(0)
        self.heard: list[str] = []

    def check(self, language: str, script: Script | None) -> None:
        raise InvalidInput(f"no {language}")

    def decode(self, speech: Speech) -> Hypothesis:
        assert self.let.acquire(timeout=10)
        if not len(speech.samples):
            raise ValueError("no samples")
        self.heard.append(str(int(speech.samples[0])))
        return Hypothesis(self.heard[-1], "en")


def job(number: float, urgency: Urgency = Urgency.FINAL) -> Job:
    return Job(urgency, lambda: Speech(np.full(1, number, np.float32)))


@contextmanager
def decoding(engine: HeldEngine, max_streams: int = 8) -> Iterator[QueuedDecoder]:
    decoder = QueuedDecoder(engine, max_streams)
    try:
        yield decoder
    finally:
        decoder.shut()


def run(main: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(main, 30))


def test_finals_go_before_partials() -> None:
    engine = HeldEngine()

    async def main(decoder: QueuedDecoder) -> None:
        async with asyncio.TaskGroup() as tasks:
            for number, urgency in [(1, 1), (2, 1), (3, 0), (4, 1), (5, 0)]:
                tasks.create_task(decoder.decode(job(number, Urgency(urgency))))
            await asyncio.sleep(0)
            engine.let.release(5)

    with decoding(engine) as decoder:
        run(main(decoder))
    assert engine.heard == ["1", "3", "5", "2", "4"]


def test_the_audio_is_taken_when_the_turn_comes() -> None:
    engine = HeldEngine()
    latest = [1.0]

    async def main(decoder: QueuedDecoder) -> None:
        growing = Job(Urgency.PARTIAL, lambda: Speech(np.full(1, latest[0], np.float32)))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(decoder.decode(job(0)))
            partial = tasks.create_task(decoder.decode(growing))
            await asyncio.sleep(0)
            latest[0] = 2.0
            engine.let.release(2)
        decoded = partial.result()
        assert decoded is not None
        assert decoded.hypothesis.text == "2"
        assert decoded.timing.queue_ms >= 0

    with decoding(engine) as decoder:
        run(main(decoder))


def test_what_is_no_longer_wanted_costs_nothing_and_frees_its_place() -> None:
    engine = HeldEngine()

    async def main(decoder: QueuedDecoder) -> None:
        assert await decoder.decode(Job(Urgency.PARTIAL, lambda: None)) is None
        engine.let.release()
        assert await decoder.decode(job(7)) is not None

    with decoding(engine) as decoder:
        run(main(decoder))
    assert engine.heard == ["7"]


def test_cancelled_work_runs_out_and_then_frees_its_place() -> None:
    engine = HeldEngine()

    async def main(decoder: QueuedDecoder) -> None:
        async with asyncio.TaskGroup() as tasks:
            begun = tasks.create_task(decoder.decode(job(1)))
            waiting = tasks.create_task(decoder.decode(job(2)))
            kept = tasks.create_task(decoder.decode(job(3)))
            await asyncio.sleep(0.01)
            begun.cancel()
            waiting.cancel()
            await asyncio.sleep(0.01)
            assert not kept.done()
            engine.let.release(3)

    with decoding(engine) as decoder:
        run(main(decoder))
    assert engine.heard == ["1", "3"]


def test_a_failure_of_the_engine_or_of_the_job_is_raised_and_frees_the_place() -> None:
    engine = HeldEngine()

    def gone() -> Speech:
        raise KeyError

    async def main(decoder: QueuedDecoder) -> None:
        engine.let.release(2)
        with pytest.raises(ValueError, match="no samples"):
            await decoder.decode(Job(Urgency.FINAL, lambda: Speech(np.zeros(0, np.float32))))
        with pytest.raises(KeyError):
            await decoder.decode(Job(Urgency.FINAL, gone))
        assert await decoder.decode(job(1)) is not None

    with decoding(engine) as decoder:
        run(main(decoder))


def test_what_the_engine_is_and_refuses() -> None:
    with decoding(HeldEngine()) as decoder:
        assert decoder.about.engine == "held"
        with pytest.raises(InvalidInput, match="no xx"):
            decoder.check("xx", None)


def test_room_for_every_stream_to_wait() -> None:
    assert len({"partial", "pause or final", "cut piece"}) <= JOBS_PER_STREAM
