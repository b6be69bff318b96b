"""Plays a question to a running appliance in real time, over Converse, and hears the answer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import grpc
import numpy as np
from numpy.typing import NDArray

from antiphon.audio import Encoding, Int16, decode, encode
from antiphon.channel import connect
from antiphon.errors import Unavailable
from antiphon.status import from_rpc_error
from antiphon.v1 import conversation_pb2 as pb
from antiphon.v1.conversation_pb2_grpc import ConversationStub
from ops.talk.exchange import RATE_HZ, Exchange
from server.access.installation_key import bearer

FRAME_MS = 20
FRAME_SAMPLES = RATE_HZ * FRAME_MS // 1000
# A pause, a slow reply's first word on a busy machine, and room beyond: after this, nothing will come.
ANSWER_S = 20.0
# Speech: within 30 dB of the clip's loud parts.
VOICED_BELOW_PEAK_DB = 30.0
LOWERED = 0.01  # by 40 dB, as `antiphon bench asr` does

OnEvent = Callable[[dict[str, Any]], None]


async def talk(
    address: str,
    key: str,
    question: Int16,
    on_event: OnEvent = lambda _: None,
    language: str | None = None,
    instructions: str | None = None,
) -> Exchange:
    """Return the exchange that `question` (mono int16 at 24 kHz) led to.

    The file's own background goes on after it, as a microphone would send. Raises `Unavailable` where
    nothing was answered within 20 s after the question, or a reply broke off for so long, or an
    `AntiphonError` that the appliance told.
    """
    async with connect(address) as channel:
        call = ConversationStub(channel).Converse(metadata=bearer(key))
        caller = _Caller(call, question, on_event)
        try:
            return await caller.run(_session(language, instructions))
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error, "conversation") from None
        finally:
            call.cancel()


class _Caller:
    def __init__(
        self, call: grpc.aio.StreamStreamCall[Any, Any], question: Int16, on_event: OnEvent
    ) -> None:
        self._call = call
        self._question = question
        self._on_event = on_event
        self._let_in = asyncio.Event()
        self._asked = False
        self._answered = asyncio.Event()
        self._origin_s = _now()
        self._limit = asyncio.timeout_at(_now() + len(question) / RATE_HZ + ANSWER_S)
        self.exchange = Exchange(speech_ended_ms=last_voiced_ms(question))

    async def run(self, session: dict[str, Any]) -> Exchange:
        receiving = asyncio.create_task(self._receive())
        sending = asyncio.create_task(self._send(session))
        try:
            async with self._limit:
                await self._until_answered(receiving)
        except TimeoutError:
            # Noise after the question may keep the appliance listening.
            if not self.exchange.replied:
                raise Unavailable(_nothing_came(self.exchange)) from None
        finally:
            for task in (sending, receiving):
                task.cancel()
            # Where sending failed, receiving has told why.
            await asyncio.gather(sending, receiving, return_exceptions=True)
        return self.exchange

    async def _until_answered(self, receiving: asyncio.Task[None]) -> None:
        answered = asyncio.create_task(self._answered.wait())
        try:
            await asyncio.wait({answered, receiving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            answered.cancel()
        if not self._answered.is_set():
            await receiving
            raise Unavailable("the appliance ended the conversation before it answered")

    async def _send(self, session: dict[str, Any]) -> None:
        # A write that breaks hides why the call ended; once the session stands, it is not refused.
        await self._let_in.wait()
        if session:
            await self._update(session)
        background = _background(self._question)
        self._origin_s, position = _now(), 0
        while True:
            frame = _frame(self._question, background, position)
            position += FRAME_SAMPLES
            # A microphone delivers a frame when it is over; pacing against the origin never drifts.
            await asyncio.sleep(self._origin_s + position / RATE_HZ - _now())
            await self._call.write(pb.ConverseRequest(audio=encode(frame, Encoding.PCM_S16LE)))
            if position >= len(self._question) and not self._asked:
                self._asked = True
                self._look()

    async def _update(self, session: dict[str, Any]) -> None:
        update = {"type": "session.update", "session": {"type": "realtime", **session}}
        await self._call.write(pb.ConverseRequest(event=json.dumps(update)))

    async def _receive(self) -> None:
        async for response in self._call:
            self._let_in.set()
            at_ms = (_now() - self._origin_s) * 1000
            if response.HasField("audio"):
                self._progress()
                self.exchange.hear(decode(response.audio, Encoding.PCM_S16LE), at_ms)
            else:
                event = json.loads(response.event)
                if event["type"].startswith("response."):
                    self._progress()
                self.exchange.take(event, at_ms)
                self._on_event(event)
            self._look()

    def _progress(self) -> None:
        self._limit.reschedule(max(self._limit.when() or 0.0, _now() + ANSWER_S))

    def _look(self) -> None:
        if self._asked and self.exchange.complete:
            self._answered.set()


def _session(language: str | None, instructions: str | None) -> dict[str, Any]:
    """Return what is to be changed in the session before the question."""
    changed: dict[str, Any] = {}
    if language is not None:
        changed["audio"] = {"input": {"transcription": {"language": language}}}
    if instructions is not None:
        changed["instructions"] = instructions
    return changed


def last_voiced_ms(question: Int16) -> float:
    """Return where the last 10 ms within 30 dB of the clip's 95th-percentile level ends."""
    levels = _levels_db(question)
    voiced = np.nonzero(levels >= _voiced_from_db(levels))[0]
    return float((voiced[-1] + 1) * 10) if len(voiced) else 0.0


def _background(question: Int16) -> Int16:
    """Return the clip's quietest 200 ms, lowered where some of it is as loud as voice.

    A clip cut to its words, such as one that was synthesised, has no background: looped, the last of
    a word goes on speaking, and the appliance waits for its end.
    """
    quietest = _quietest(question)
    if _levels_db(quietest).max() >= _voiced_from_db(_levels_db(question)):
        return (quietest * LOWERED).astype(np.int16)
    return quietest


def _quietest(question: Int16) -> Int16:
    width = RATE_HZ // 5
    if len(question) < width:
        return np.zeros(width, np.int16)
    starts = range(0, len(question) - width + 1, width // 4)
    energies = [
        float(np.square(question[start : start + width], dtype=np.float64).mean())
        for start in starts
    ]
    quietest = starts[int(np.argmin(energies))]
    return question[quietest : quietest + width]


def _levels_db(samples: Int16, width: int = RATE_HZ // 100) -> NDArray[np.float64]:
    """Return the level of each whole frame of `width` samples."""
    frames = samples[: len(samples) // width * width].reshape(-1, width)
    return np.asarray(10 * np.log10(np.square(frames, dtype=np.float64).mean(axis=1) + 1e-9))


def _voiced_from_db(levels: NDArray[np.float64]) -> float:
    return float(np.percentile(levels, 95)) - VOICED_BELOW_PEAK_DB if len(levels) else 0.0


def _frame(question: Int16, background: Int16, position: int) -> Int16:
    frame = question[position : position + FRAME_SAMPLES]
    missing = FRAME_SAMPLES - len(frame)
    if not missing:
        return frame
    start = max(position - len(question), 0) % len(background)
    return np.concatenate([frame, np.resize(np.roll(background, -start), missing)])


def _nothing_came(exchange: Exchange) -> str:
    if exchange.problem:
        return f"no answer: {exchange.problem}"
    if exchange.responding:
        return f"the answer broke off and did not go on for {ANSWER_S:.0f} s; see `antiphon status`"
    if exchange.heard:
        return f"no answer within {ANSWER_S:.0f} s; see `antiphon status`"
    return "nothing was heard in the recording: is there speech in it?"


def _now() -> float:
    return asyncio.get_running_loop().time()
