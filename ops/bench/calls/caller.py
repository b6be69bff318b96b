"""Plays a clip into a call in real time and records what comes back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress

import numpy as np

from antiphon.audio import Encoding, Int16, encode
from ops.bench.calls.line import Event, Line
from ops.bench.calls.record import RATE_HZ, Record

FRAME_MS = 20
FRAME_SAMPLES = RATE_HZ * FRAME_MS // 1000

# A reply that is cancelled is closed within milliseconds.
CLOSE_S = 1.0

Enough = Callable[[Record, float], bool]
# What else the microphone picks up in the frame that begins at a time in ms.
Also = Callable[[float], Int16]
# What is told next, asked at every frame; None: nothing yet.
Prompt = Callable[[Record], Event | None]


async def play(
    line: Line,
    samples: Int16,
    session: Event,
    enough: Enough,
    longest_s: float,
    *,
    record: Record | None = None,
    opening: Sequence[Event] = (),
    also: Also | None = None,
    prompt: Prompt | None = None,
) -> Record:
    """Return what came back while `samples` (24 kHz) were played, at the pace of a microphone.

    Ends when `enough(record, now_ms)`, asked at every frame, or after `longest_s`; past the samples
    their last 200 ms go on. `session` is what is changed in the session before the first sample,
    `opening` what is told with it, and `prompt` gives what is told later. What comes back goes into
    `record`, where one is given.
    """
    call = _Call(line, session, Record() if record is None else record)
    async with asyncio.TaskGroup() as group:
        receiving = group.create_task(call.receive())
        await call.stands.wait()
        await call.play(microphone(samples, also), opening, enough, longest_s, prompt)
        await call.close()
        receiving.cancel()
    return call.record


class _Call:
    def __init__(self, line: Line, session: Event, record: Record) -> None:
        self._line = line
        self._session = session
        self._origin_s = 0.0
        self._closed = asyncio.Event()
        self.record = record
        self.stands = asyncio.Event()

    async def receive(self) -> None:
        async for item in self._line.received():
            if isinstance(item, bytes):
                self.record.audio(item, self._now_ms())
            else:
                await self._take(item)

    async def play(
        self,
        microphone: Callable[[int], Int16],
        opening: Sequence[Event],
        enough: Enough,
        longest_s: float,
        prompt: Prompt | None,
    ) -> None:
        self._origin_s = _now()
        for event in opening:
            await self._line.tell(event)
        for index in range(int(longest_s * 1000 / FRAME_MS)):
            # A microphone gives a frame when its last sample is there; an origin never drifts.
            await asyncio.sleep(self._origin_s + (index + 1) * FRAME_MS / 1000 - _now())
            self.record.sent((index + 1) * FRAME_MS, self._now_ms())
            await self._line.hear(encode(microphone(index), Encoding.PCM_S16LE))
            told = None if prompt is None else prompt(self.record)
            if told is not None:
                await self._line.tell(told)
            if enough(self.record, self._now_ms()):
                return

    async def close(self) -> None:
        """Cancel the reply that runs, so that it tells how it was made."""
        replies = self.record.replies
        if not replies or replies[-1].done is not None:
            return
        await self._line.tell({"type": "response.cancel"})
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_S):
                await self._closed.wait()

    async def _take(self, event: Event) -> None:
        self.record.event(event, self._now_ms())
        match event["type"]:
            case "session.created":
                update = {"type": "session.update", "session": self._session}
                await self._line.tell(update)
            case "session.updated" | "error":
                # A write before the session stands would hide why it was refused.
                self.stands.set()
            case "response.created":
                self._closed.clear()
            case "response.done":
                self._closed.set()

    def _now_ms(self) -> float:
        return (_now() - self._origin_s) * 1000


def microphone(samples: Int16, also: Also | None = None) -> Callable[[int], Int16]:
    """Return what gives the frames, by number; past the samples their last 200 ms go on."""
    background = samples[-RATE_HZ // 5 :]

    def frame(index: int) -> Int16:
        heard = _frame(samples, background, index)
        if also is None:
            return heard
        loud = np.add(heard, also(index * FRAME_MS), dtype=np.int32)
        return np.clip(loud, -32_768, 32_767).astype(np.int16)

    return frame


def _frame(samples: Int16, background: Int16, index: int) -> Int16:
    start = index * FRAME_SAMPLES
    if start + FRAME_SAMPLES <= len(samples):
        return samples[start : start + FRAME_SAMPLES]
    start = (start - len(samples)) % max(len(background) - FRAME_SAMPLES, 1)
    return background[start : start + FRAME_SAMPLES]


def _now() -> float:
    return asyncio.get_running_loop().time()
