"""What the caller is sent, to the millisecond of virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import pytest
from aiortc.mediastreams import MediaStreamError

from server.webrtc.opus import FRAME_BYTES, Decoder, Encoder
from server.webrtc.speech_track import FRAME_TICKS, MAX_QUEUED_BYTES, SETTLED_FRAMES, SpeechTrack
from tests.server.webrtc.sound import framed, glide, level
from tests.virtual_time import run_virtual

VOICE = glide(1.0)
QUIET = 200.0


@dataclass
class Caller:
    """Takes packets from a track as aiortc does: the next as soon as the one before has been sent."""

    track: SpeechTrack = field(default_factory=lambda: SpeechTrack(Encoder(32_000, 10)))
    times_ms: list[float] = field(default_factory=list)
    ticks: list[int] = field(default_factory=list)
    payloads: list[bytes] = field(default_factory=list)

    async def listen(self, frames: int) -> None:
        for _ in range(frames):
            packet = await self.track.recv()
            self.times_ms.append(round(asyncio.get_running_loop().time() * 1000, 6))
            self.ticks.append(packet.pts or 0)
            self.payloads.append(bytes(packet))

    @property
    def levels(self) -> list[float]:
        decoder = Decoder()
        return [level(decoder.decode(payload)) for payload in self.payloads]


def call(story: Callable[[Caller], Awaitable[None]], frames: int) -> Caller:
    """Return the caller who has heard `frames` while the story happened."""

    async def main() -> Caller:
        caller = Caller()
        async with asyncio.TaskGroup() as group:
            group.create_task(caller.listen(frames))
            await story(caller)
        return caller

    return run_virtual(main())


async def nothing(_: Caller) -> None:
    """Say nothing."""


def test_a_packet_leaves_every_20_ms_whether_there_is_speech_or_not() -> None:
    caller = call(nothing, 50)
    assert caller.times_ms == [20.0 * number for number in range(50)]
    assert caller.ticks == [FRAME_TICKS * number for number in range(50)]
    assert max(caller.levels) < 1


def test_a_slow_sender_adds_no_drift() -> None:
    async def main() -> Caller:
        caller = Caller()
        for _ in range(20):
            await caller.listen(1)
            await asyncio.sleep(0.013)
        return caller

    assert run_virtual(main()).times_ms == [20.0 * number for number in range(20)]


def test_a_sender_that_was_blocked_catches_up_a_little_and_leaves_the_rest_out() -> None:
    async def main() -> Caller:
        caller = Caller()
        await caller.listen(1)
        await asyncio.sleep(0.095)
        await caller.listen(5)
        await asyncio.sleep(1)
        await caller.listen(2)
        return caller

    caller = run_virtual(main())
    assert caller.times_ms == [0, 95, 95, 95, 95, 100, 1100, 1120]
    assert caller.ticks == [FRAME_TICKS * number for number in (0, 1, 2, 3, 4, 5, 55, 56)]


def test_speech_is_heard_whole_and_silence_follows() -> None:
    async def story(caller: Caller) -> None:
        await caller.track.put(VOICE)
        await caller.track.drain()

    levels = call(story, 60).levels
    assert min(levels[1:50]) > QUIET
    assert max(levels[54:]) < 10


def test_no_more_is_taken_than_is_heard_within_60_ms() -> None:
    async def story(caller: Caller) -> None:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(0.001)
        taken_ms = []
        for frame in framed(VOICE)[:6]:
            await caller.track.put(frame)
            taken_ms.append(round(loop.time() * 1000))
        assert taken_ms == [1, 1, 1, 20, 40, 60]

    call(story, 10)


def test_a_part_of_a_frame_is_filled_with_silence() -> None:
    async def story(caller: Caller) -> None:
        await caller.track.put(VOICE[: FRAME_BYTES // 2])
        await caller.track.drain()

    levels = call(story, 5).levels
    assert max(levels[:2]) > QUIET
    assert levels[4] < 10


def test_after_a_flush_the_next_packet_is_silent_and_what_waited_is_dropped() -> None:
    async def story(caller: Caller) -> None:
        async with asyncio.TaskGroup() as group:
            speaking = group.create_task(caller.track.put(VOICE))
            await asyncio.sleep(0.201)
            assert not speaking.done()
            caller.track.flush()
            await asyncio.sleep(0)
            assert speaking.done()

    levels = call(story, 30).levels
    assert min(levels[1:11]) > QUIET
    # The codec itself rings for 6.5 ms and smooths for a frame.
    assert max(levels[13:]) < 10


def test_what_is_put_after_a_flush_is_heard() -> None:
    async def story(caller: Caller) -> None:
        await caller.track.put(VOICE[:MAX_QUEUED_BYTES])
        caller.track.flush()
        await caller.track.put(VOICE)

    assert min(call(story, 50).levels[1:]) > QUIET


def test_settled_silence_is_encoded_once() -> None:
    asked = []

    class Counting(Encoder):
        def encode(self, pcm: bytes) -> bytes:
            asked.append(pcm)
            return super().encode(pcm)

    async def main() -> list[float]:
        caller = Caller(SpeechTrack(Counting(32_000, 10)))
        await caller.track.put(VOICE[:FRAME_BYTES])
        await caller.listen(200)
        assert len(asked) == 1 + SETTLED_FRAMES
        await caller.track.put(VOICE[:FRAME_BYTES])
        await caller.listen(20)
        return caller.levels

    levels = run_virtual(main())
    assert max(levels[5:200]) < 10
    assert max(levels[200:202]) > QUIET


def test_a_stopped_track_lets_go_whoever_waits_and_takes_nothing() -> None:
    async def main() -> None:
        track = SpeechTrack(Encoder(32_000, 10))
        async with asyncio.TaskGroup() as group:
            group.create_task(track.put(VOICE))
            group.create_task(track.drain())
            await asyncio.sleep(1)
            track.stop()
        await track.put(VOICE)
        await track.drain()
        with pytest.raises(MediaStreamError):
            await track.recv()

    run_virtual(main())
