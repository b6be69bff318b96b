"""The way to the engine's threads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

from antiphon.diligence import UNKEPT, Diligence
from antiphon.errors import Exhausted
from inference.asr import lane as module
from inference.asr.engine import Hypothesis, Speech
from inference.asr.job import Decoded, Job, Urgency
from inference.asr.lane import LATEST_BULK_S, LATEST_S, Lane
from inference.asr.schedule import Limits
from tests.inference.asr.held import HeldEngine, job, speech

ALONE = Limits()
WIDE = Limits(pieces=8, seconds=100, extra_s=5)
BROKEN = 13


@contextmanager
def lane(
    engine: HeldEngine,
    limits: Limits = ALONE,
    max_waiting: int = 20,
    workers: int = 1,
    diligence: Diligence = UNKEPT,
) -> Iterator[Lane]:
    made = Lane(engine, limits, max_waiting, workers, diligence=diligence)
    try:
        yield made
    finally:
        made.shut()


def run(main: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(main, 30))


async def until(happened: Callable[[], bool]) -> None:
    while not happened():  # noqa: ASYNC110 - an engine's thread tells nobody
        await asyncio.sleep(0.001)


def test_finals_go_before_partials() -> None:
    engine = HeldEngine()

    async def main(lane: Lane) -> None:
        async with asyncio.TaskGroup() as tasks:
            for number, urgency in [(1, 1), (2, 1), (3, 0), (4, 1), (5, 0)]:
                tasks.create_task(lane.decode(job(number, Urgency(urgency))))
            await asyncio.sleep(0)
            engine.let.release(5)

    with lane(engine) as made:
        run(main(made))
    assert engine.heard == [1, 3, 5, 2, 4]


def test_whoever_waits_is_decoded_together_and_told_apart() -> None:
    engine = HeldEngine()

    async def main(lane: Lane) -> None:
        async with asyncio.TaskGroup() as tasks:
            asked = [tasks.create_task(lane.decode(job(n, stream=n))) for n in range(4)]
            await asyncio.sleep(0)
            engine.let.release(2)
        decoded = [task.result() for task in asked]
        assert [one and one.hypothesis.text for one in decoded] == ["0", "1", "2", "3"]
        assert all(
            one and one.timing.queue_ms >= 0 and one.timing.compute_ms > 0 for one in decoded
        )

    with lane(engine, WIDE) as made:
        run(main(made))
    assert engine.batches == [[0], [1, 2, 3]]


def test_what_fails_with_one_fails_no_other() -> None:
    engine = HeldEngine()
    empty = Job(Urgency.FINAL, lambda: Speech(np.zeros(0, np.float32)), 2, 1.0)

    async def main(lane: Lane) -> None:
        first = asyncio.create_task(lane.decode(job(1)))
        others = [asyncio.create_task(lane.decode(one)) for one in (job(2), empty, job(3))]
        await asyncio.sleep(0)
        engine.let.release(5)
        await first
        one, failed, other = await asyncio.gather(*others, return_exceptions=True)
        assert isinstance(failed, ValueError)
        assert not isinstance(one, BaseException) and not isinstance(other, BaseException)

    with lane(engine, WIDE) as made:
        run(main(made))
    assert engine.batches == [[1], [2], [3]]
    assert engine.failing == 2


def test_a_failure_of_the_engine_or_of_the_job_is_raised_and_frees_the_worker() -> None:
    engine = HeldEngine()

    def gone() -> Speech:
        raise KeyError

    async def main(lane: Lane) -> None:
        engine.let.release(2)
        with pytest.raises(ValueError, match="no samples"):
            await lane.decode(Job(Urgency.FINAL, lambda: Speech(np.zeros(0, np.float32))))
        with pytest.raises(KeyError):
            await lane.decode(Job(Urgency.FINAL, gone))
        assert await lane.decode(job(1)) is not None

    with lane(engine) as made:
        run(main(made))


def test_a_worker_that_hangs_is_noticed_and_one_that_comes_on_is_not() -> None:
    engine, diligence = HeldEngine(), Diligence(3)

    async def main(lane: Lane) -> None:
        for number in range(9):
            engine.let.release()
            await lane.decode(job(number))
            assert not diligence.tick()
        asked = [asyncio.create_task(lane.decode(job(number))) for number in (1, 2)]
        await until(lambda: len(diligence._begun_s) == 1)
        engine.let.release()
        await asked[0]
        await until(lambda: len(diligence._begun_s) == 1)
        assert [diligence.tick() for _ in range(3)] == [False, False, True]
        engine.let.release()
        await asked[1]
        assert not diligence.tick()

    with lane(engine, diligence=diligence) as made:
        run(main(made))


class Panic(BaseException):
    """As Rust's, which is no `Exception`."""


class BrokenEngine(HeldEngine):
    """Fails by `error`, or without one gives one answer too few, to what holds `BROKEN`."""

    def __init__(self, error: BaseException | None) -> None:
        super().__init__()
        self._error = error

    def decode_batch(self, speeches: Sequence[Speech]) -> list[Hypothesis]:
        answers = super().decode_batch(speeches)
        if all(speech.samples[0] != BROKEN for speech in speeches):
            return answers
        if self._error is None:
            return answers[1:]
        raise self._error


@pytest.mark.parametrize(
    ("error", "told"),
    [(Panic("secret"), "Panic"), (StopIteration("secret"), "StopIteration"), (None, "0 answers")],
)
def test_an_engine_that_breaks_leaves_nobody_waiting(
    error: BaseException | None, told: str
) -> None:
    engine = BrokenEngine(error)

    async def main(lane: Lane) -> None:
        engine.let.release(6)
        first = asyncio.create_task(lane.decode(job(1)))
        await asyncio.sleep(0)
        together = [lane.decode(job(number)) for number in (2, BROKEN)]
        one, broken = await asyncio.gather(*together, return_exceptions=True)
        assert await first is not None
        assert isinstance(one, Decoded) and one.hypothesis.text == "2"
        assert isinstance(broken, RuntimeError) and told in str(broken)
        assert "secret" not in str(broken)
        assert await lane.decode(job(3)) is not None

    with lane(engine, WIDE) as made:
        run(main(made))


def test_the_audio_is_taken_when_the_turn_comes() -> None:
    engine = HeldEngine()
    latest = [1.0]

    async def main(lane: Lane) -> None:
        growing = Job(Urgency.PARTIAL, lambda: speech(latest[0]))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(lane.decode(job(0)))
            partial = tasks.create_task(lane.decode(growing))
            await asyncio.sleep(0)
            latest[0] = 2.0
            engine.let.release(2)
        decoded = partial.result()
        assert decoded is not None
        assert decoded.hypothesis.text == "2"

    with lane(engine) as made:
        run(main(made))


def test_what_is_no_longer_wanted_costs_nothing_and_frees_its_worker() -> None:
    engine = HeldEngine()

    async def main(lane: Lane) -> None:
        assert await lane.decode(Job(Urgency.PARTIAL, lambda: None)) is None
        engine.let.release()
        assert await lane.decode(job(7)) is not None

    with lane(engine) as made:
        run(main(made))
    assert engine.heard == [7]


def test_cancelled_work_runs_out_and_then_frees_its_worker() -> None:
    engine = HeldEngine()

    async def main(lane: Lane) -> None:
        async with asyncio.TaskGroup() as tasks:
            begun = tasks.create_task(lane.decode(job(1)))
            waiting = tasks.create_task(lane.decode(job(2)))
            kept = tasks.create_task(lane.decode(job(3)))
            await asyncio.sleep(0.01)
            begun.cancel()
            waiting.cancel()
            await asyncio.sleep(0.01)
            assert not kept.done()
            engine.let.release(3)

    with lane(engine) as made:
        run(main(made))
    assert engine.heard == [1, 3]


def test_while_it_gives_way_only_finals_and_that_streams_partials_start() -> None:
    engine = HeldEngine()

    async def main(lane: Lane) -> None:
        engine.let.release(5)
        async with asyncio.TaskGroup() as tasks:
            with lane.giving_way(1):
                with lane.giving_way(1):
                    partial = tasks.create_task(lane.decode(job(2, Urgency.PARTIAL, stream=2)))
                    await lane.decode(job(1, Urgency.PARTIAL, stream=1))
                await lane.decode(job(3, stream=3))
                with lane.giving_way(2):
                    own = tasks.create_task(lane.decode(job(4, Urgency.PARTIAL, stream=1)))
                    await lane.decode(job(5, stream=3))
                await own
                assert not partial.done()
            await partial

    with lane(engine) as made:
        run(main(made))
    assert engine.heard == [1, 3, 5, 4, 2]


def test_while_it_gives_way_a_partial_that_is_late_begins_now_and_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(module.LATEST_S, Urgency.PARTIAL, 0.05)
    monkeypatch.setattr(module, "WHILE_GIVING_WAY_S", 30.0)
    engine = HeldEngine()
    engine.let.release(9)

    async def main(lane: Lane) -> None:
        async with asyncio.TaskGroup() as tasks:
            with lane.giving_way(1):
                partials = [
                    tasks.create_task(lane.decode(job(number, Urgency.PARTIAL, stream=number)))
                    for number in (2, 3)
                ]
                await lane.decode(job(4, stream=4))
                assert engine.heard == [4]
                await asyncio.sleep(0.1)
                await lane.decode(job(5, stream=4))
                await partials[0]
                await lane.decode(job(6, stream=4))
                assert not partials[1].done()
            await partials[1]

    with lane(engine) as made:
        run(main(made))
    assert engine.heard[-1] == 3


def test_too_many_are_refused() -> None:
    engine = HeldEngine()

    async def main(lane: Lane) -> None:
        async with asyncio.TaskGroup() as tasks:
            for number in range(3):
                tasks.create_task(lane.decode(job(number)))
            await asyncio.sleep(0)
            with pytest.raises(Exhausted, match="2 pieces"):
                await lane.decode(job(9))
            engine.let.release(3)

    with lane(engine, max_waiting=2) as made:
        run(main(made))


def test_an_only_worker_serves_files() -> None:
    engine = HeldEngine()

    async def main(lane: Lane) -> None:
        engine.let.release()
        assert await lane.decode(job(1, bulk=True)) is not None

    with lane(engine) as made:
        run(main(made))


def test_files_never_hold_all_of_several_workers() -> None:
    engine = HeldEngine()

    async def main(lane: Lane) -> None:
        async with asyncio.TaskGroup() as tasks:
            for number in (1, 2):
                tasks.create_task(lane.decode(job(number, bulk=True)))
            caller = tasks.create_task(lane.decode(job(3)))
            engine.let.release()
            await until(lambda: len(engine.heard) == 1)
            engine.let.release()
            await until(lambda: len(engine.heard) == 2)
            await caller
            engine.let.release()

    with lane(engine, workers=2) as made:
        run(main(made))
    # Of the first file and the caller either may be done first; the other file comes last.
    assert sorted(engine.heard[:2]) == [1, 3]
    assert engine.heard[2] == 2


def test_a_file_waits_longest_and_a_final_least() -> None:
    assert LATEST_S[Urgency.FINAL] < LATEST_S[Urgency.PARTIAL] < LATEST_BULK_S
