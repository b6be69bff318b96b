"""Which engine hears what, and what is heard again."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest

from antiphon.errors import Exhausted, InvalidInput
from inference.asr.decoder import JOBS_PER_STREAM, QueuedDecoder
from inference.asr.engine import Hypothesis, Speech
from inference.asr.job import Decoded, Job, Urgency
from inference.asr.schedule import Limits
from tests.inference.asr.held import DOUBTED, HeldEngine, job, speech

STREAMS = 8


@dataclass
class Engines:
    short: HeldEngine = field(default_factory=HeldEngine)
    long: HeldEngine = field(default_factory=HeldEngine)


@contextmanager
def decoding(engines: Engines) -> Iterator[QueuedDecoder]:
    decoder = QueuedDecoder(engines.short, engines.long, Limits(), short_s=10, max_streams=STREAMS)
    try:
        yield decoder
    finally:
        decoder.shut()


def run(main: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(main, 30))


def silent() -> Speech:
    return Speech(np.zeros(0, np.float32))


def text(decoded: Decoded | None) -> str:
    assert decoded is not None
    return decoded.hypothesis.text


def test_what_is_short_waits_for_nothing_long_and_for_no_file() -> None:
    engines = Engines()

    async def main(decoder: QueuedDecoder) -> None:
        async with asyncio.TaskGroup() as tasks:
            long = tasks.create_task(decoder.decode(job(1, seconds=10.1)))
            file = tasks.create_task(decoder.decode(job(2, seconds=1, bulk=True)))
            await asyncio.sleep(0)
            engines.short.let.release()
            assert text(await decoder.decode(job(3, seconds=10))) == "3"
            assert not long.done() and not file.done()
            engines.long.let.release(2)

    with decoding(engines) as decoder:
        run(main(decoder))
    assert engines.short.heard == [3]
    assert sorted(engines.long.heard) == [1, 2]


@pytest.mark.parametrize("ends", ["told", "given up", "failed"])
def test_nobodys_partials_outrun_a_long_final(ends: str) -> None:
    engines = Engines()
    long = replace(job(1, stream=1, seconds=11), take=silent) if ends == "failed" else None

    async def main(decoder: QueuedDecoder) -> None:
        engines.short.let.release(2)
        final = asyncio.create_task(decoder.decode(long or job(1, stream=1, seconds=11)))
        await asyncio.sleep(0)
        partial = asyncio.create_task(decoder.decode(job(2, Urgency.PARTIAL, stream=2)))
        assert text(await decoder.decode(job(3, stream=3))) == "3"
        assert not partial.done()
        if ends == "given up":
            final.cancel()
        engines.long.let.release()
        await asyncio.wait([final])
        assert text(await partial) == "2"

    with decoding(engines) as decoder:
        run(main(decoder))


@pytest.mark.parametrize(
    "long",
    [
        job(1, stream=1, seconds=11, bulk=True),
        job(1, Urgency.PARTIAL, stream=1, seconds=11),
        job(1, stream=2, seconds=11),
    ],
)
def test_partials_give_way_to_no_file_no_partial_and_not_to_their_own_final(long: Job) -> None:
    engines = Engines()

    async def main(decoder: QueuedDecoder) -> None:
        engines.short.let.release()
        other = asyncio.create_task(decoder.decode(long))
        await asyncio.sleep(0)
        assert text(await decoder.decode(job(2, Urgency.PARTIAL, stream=2))) == "2"
        assert not other.done()
        engines.long.let.release()
        await other

    with decoding(engines) as decoder:
        run(main(decoder))


def test_what_is_doubtful_is_heard_again_and_the_better_told() -> None:
    engines = Engines()

    async def main(decoder: QueuedDecoder) -> None:
        engines.short.let.release(3)
        assert text(await decoder.decode(job(DOUBTED))) == str(DOUBTED)
        decoded = await decoder.decode(job(DOUBTED + 1))
        assert text(decoded) == f"{DOUBTED + 1} again"
        assert decoded is not None
        assert decoded.timing.compute_ms > 0

    with decoding(engines) as decoder:
        run(main(decoder))
    assert engines.short.heard == [DOUBTED, DOUBTED + 1, DOUBTED + 1]


class DeafAtSecond(HeldEngine):
    def decode_batch(self, speeches: Sequence[Speech]) -> list[Hypothesis]:
        if any(speech.thorough for speech in speeches):
            raise ValueError("secret words")
        return super().decode_batch(speeches)


def test_what_cannot_be_heard_again_was_heard_once(caplog: pytest.LogCaptureFixture) -> None:
    engines = Engines(DeafAtSecond())

    async def main(decoder: QueuedDecoder) -> None:
        engines.short.let.release()
        assert text(await decoder.decode(job(DOUBTED + 1))) == str(DOUBTED + 1)

    with decoding(engines) as decoder:
        run(main(decoder))
    assert "ValueError" in caplog.text
    assert "secret" not in caplog.text


def test_others_have_their_turn_before_what_is_heard_again() -> None:
    engines = Engines()

    async def main(decoder: QueuedDecoder) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(decoder.decode(job(DOUBTED + 1, stream=1)))
            tasks.create_task(decoder.decode(job(2, stream=2)))
            await asyncio.sleep(0)
            engines.short.let.release(3)

    with decoding(engines) as decoder:
        run(main(decoder))
    assert engines.short.heard == [DOUBTED + 1, 2, DOUBTED + 1]


def test_a_draft_is_heard_once_and_what_nobody_wants_not_at_all() -> None:
    engines = Engines()

    async def main(decoder: QueuedDecoder) -> None:
        engines.short.let.release()
        draft = Job(Urgency.PARTIAL, lambda: speech(DOUBTED + 1, draft=True))
        assert text(await decoder.decode(draft)) == str(DOUBTED + 1)
        assert await decoder.decode(Job(Urgency.PARTIAL, lambda: None)) is None

    with decoding(engines) as decoder:
        run(main(decoder))


def test_what_the_engine_is_and_refuses() -> None:
    with decoding(Engines()) as decoder:
        assert decoder.about.engine == "held"
        with pytest.raises(InvalidInput, match="no xx"):
            decoder.check("xx", None)


def test_as_many_wait_as_all_streams_may_ask_and_no_more() -> None:
    engines = Engines()
    most = JOBS_PER_STREAM * STREAMS

    async def main(decoder: QueuedDecoder) -> None:
        async with asyncio.TaskGroup() as tasks:
            # One more than may wait is being decoded.
            for number in range(1 + most):
                tasks.create_task(decoder.decode(job(number, stream=number % STREAMS)))
            await asyncio.sleep(0)
            with pytest.raises(Exhausted, match=f"{most} pieces"):
                await decoder.decode(job(999))
            engines.short.let.release(1 + most)

    with decoding(engines) as decoder:
        run(main(decoder))
    assert sorted(engines.short.heard) == [*range(1 + most)]
