"""A clip is played at the pace of a microphone, until it is enough."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import numpy as np
import pytest

from antiphon.audio import Encoding, Int16, decode
from ops.bench.calls.caller import FRAME_SAMPLES, play
from ops.bench.calls.line import Event
from ops.bench.calls.record import RATE_HZ, Record
from tests.virtual_time import run_virtual

SESSION: Event = {"type": "realtime"}


class FakeLine:
    """Answers `session.update`, and replies once it has heard a second."""

    def __init__(self, *, refuses: bool = False, replies: bool = True) -> None:
        self.audio: list[tuple[float, bytes]] = []
        self.told: list[str] = []
        self._refuses, self._replies = refuses, replies
        self._out: asyncio.Queue[bytes | Event] = asyncio.Queue()
        self._out.put_nowait({"type": "session.created"})

    async def hear(self, audio: bytes) -> None:
        self.audio.append((asyncio.get_running_loop().time(), audio))
        if len(self.audio) == 50 and self._replies:
            self._out.put_nowait({"type": "response.created", "response": {"id": "a"}})

    async def tell(self, event: Event) -> None:
        self.told.append(event["type"])
        if event["type"] == "response.cancel":
            self._out.put_nowait({"type": "response.done", "response": {"id": "a"}})
        elif self._refuses:
            self._out.put_nowait({"type": "error", "error": {"message": "no"}})
        else:
            self._out.put_nowait({"type": "session.updated"})

    async def received(self) -> AsyncIterator[bytes | Event]:
        while True:
            yield await self._out.get()


def call(line: FakeLine, longest_s: float = 9.0) -> Record:
    samples = np.arange(RATE_HZ // 2, dtype=np.int16)

    async def main() -> Record:
        return await play(line, samples, SESSION, lambda record, now_ms: now_ms > 1500, longest_s)

    return run_virtual(main())


def test_it_plays_in_real_time_and_goes_on_with_the_end() -> None:
    line = FakeLine()
    record = call(line)
    times = [at_s for at_s, _ in line.audio]
    assert len(times) == 76
    assert abs(times[-1] - times[0] - 75 * 0.02) < 1e-9
    assert len(decode(line.audio[60][1], Encoding.PCM_S16LE)) == FRAME_SAMPLES
    assert line.told == ["session.update", "response.cancel"]
    assert record.replies[0].done is not None
    assert [until_ms for until_ms, _ in record.sendings_ms[:3]] == [20, 40, 60]
    assert [at_ms for _, at_ms in record.sendings_ms[:3]] == pytest.approx([20, 40, 60])
    assert len(record.sendings_ms) == 76


def test_more_may_be_told_and_heard_beside_the_clip() -> None:
    line, record = FakeLine(), Record()
    samples = np.full(RATE_HZ, 30_000, np.int16)

    def also(at_ms: float) -> Int16:
        return np.full(FRAME_SAMPLES, 5000 if at_ms == 40 else -1, np.int16)

    async def main() -> Record:
        return await play(
            line,
            samples,
            SESSION,
            lambda record, now_ms: now_ms > 100,
            9.0,
            record=record,
            opening=[{"type": "response.create"}],
            also=also,
        )

    assert run_virtual(main()) is record
    assert line.told[:2] == ["session.update", "response.create"]
    heard = [decode(audio, Encoding.PCM_S16LE)[0] for _, audio in line.audio]
    assert heard[:4] == [29_999, 29_999, 32_767, 29_999]


def test_what_is_told_later_is_asked_for_at_every_frame() -> None:
    line, frames = FakeLine(replies=False), iter(range(10))

    def prompt(_: Record) -> dict[str, object] | None:
        return {"type": "response.create"} if next(frames) == 4 else None

    async def main() -> None:
        samples = np.zeros(4800, np.int16)
        await play(line, samples, {}, lambda *_: False, 0.2, prompt=prompt)

    run_virtual(main())
    assert line.told == ["session.update", "response.create"]


def test_it_ends_without_an_answer() -> None:
    line = FakeLine(replies=False)
    assert call(line, longest_s=1.0).replies == []
    assert len(line.audio) == 50


def test_a_refused_setting_is_a_problem_that_is_noted() -> None:
    assert call(FakeLine(refuses=True)).problems == ["no"]
