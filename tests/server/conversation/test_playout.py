"""Pacing of a reply's audio, to the millisecond of virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.conversation.playout import AHEAD_MS, FRAME_MS, Playout
from server.realtime.session_config import FORMATS, WireFormat
from tests.virtual_time import run_virtual

PCM, MULAW = FORMATS["audio/pcm"], FORMATS["audio/pcmu"]
FRAME_BYTES = {PCM: 960, MULAW: 160}
# What floats lose in a minute of additions.
EPSILON_MS = 1e-6


class Listener:
    """Where the audio goes; `delay_s` is how long each piece takes to be taken."""

    def __init__(self, wire: WireFormat, delay_s: float = 0) -> None:
        self.pieces: list[tuple[float, bytes]] = []
        self.playout = Playout(self._send, wire)
        self._bytes_per_ms = FRAME_BYTES[wire] / FRAME_MS
        self._delay_s = delay_s

    @property
    def audio(self) -> bytes:
        return b"".join(piece for _, piece in self.pieces)

    @property
    def sent_ms(self) -> float:
        return len(self.audio) / self._bytes_per_ms

    async def _send(self, piece: bytes) -> None:
        await asyncio.sleep(self._delay_s)
        self.pieces.append((asyncio.get_running_loop().time() * 1000, piece))


def listen(
    story: Callable[[Listener], Awaitable[None]], wire: WireFormat = PCM, delay_s: float = 0
) -> Listener:
    """Return the listener after `story`."""

    async def main() -> Listener:
        listener = Listener(wire, delay_s)
        await story(listener)
        return listener

    return run_virtual(main())


def test_frames_leave_at_once_up_to_the_lead_and_then_in_real_time() -> None:
    async def story(listener: Listener) -> None:
        await listener.playout.play(bytes(960 * 15))

    times = [at for at, _ in listen(story).pieces]
    assert times == pytest.approx([0.0] * 10 + [20, 40, 60, 80, 100])


@pytest.mark.parametrize("wire", [PCM, MULAW])
def test_what_fills_no_frame_waits_for_more_or_for_the_flush(wire: WireFormat) -> None:
    frame = FRAME_BYTES[wire]

    async def story(listener: Listener) -> None:
        await listener.playout.play(bytes(frame - 1))
        assert not listener.pieces
        await listener.playout.play(bytes(3))
        assert [len(piece) for _, piece in listener.pieces] == [frame]
        await listener.playout.flush()
        await listener.playout.flush()

    assert [len(piece) for _, piece in listen(story, wire).pieces] == [frame, 2]


def test_drain_returns_when_the_last_of_it_was_heard() -> None:
    async def story(listener: Listener) -> None:
        await listener.playout.play(bytes(960 * 3))
        await listener.playout.play(bytes(480))
        await listener.playout.flush()
        await listener.playout.drain()
        assert asyncio.get_running_loop().time() == pytest.approx(0.07)
        assert listener.playout.heard_ms == pytest.approx(70)

    listen(story)


def test_nothing_played_is_nothing_heard() -> None:
    async def story(listener: Listener) -> None:
        await listener.playout.drain()
        assert listener.playout.heard_ms == 0
        listener.playout.stop()
        assert listener.playout.heard_ms == 0

    listen(story)


def test_stop_is_silence_from_the_next_frame_on_and_counts_what_the_ear_got() -> None:
    async def story(listener: Listener) -> None:
        playing = asyncio.create_task(listener.playout.play(bytes(960 * 50)))
        await asyncio.sleep(0.13)
        listener.playout.stop()
        sent = len(listener.pieces)
        await playing
        await listener.playout.play(bytes(9600))
        await listener.playout.flush()
        await listener.playout.drain()
        assert asyncio.get_running_loop().time() == pytest.approx(0.14)
        assert len(listener.pieces) == sent
        assert listener.playout.heard_ms == pytest.approx(130)
        listener.playout.stop()
        assert listener.playout.heard_ms == pytest.approx(130)

    listen(story)


def test_a_late_voice_leaves_a_gap_and_is_not_caught_up_with() -> None:
    async def story(listener: Listener) -> None:
        await listener.playout.play(bytes(960 * 5))
        await asyncio.sleep(1)
        assert listener.playout.heard_ms == pytest.approx(100)
        await listener.playout.play(bytes(960 * 20))

    times = [at for at, _ in listen(story).pieces][5:]
    assert times == pytest.approx([1000.0] * 10 + [1000 + 20 * n for n in range(1, 11)])


def test_a_slow_transport_is_not_what_was_heard() -> None:
    async def story(listener: Listener) -> None:
        await listener.playout.play(bytes(960 * 5))
        assert listener.playout.heard_ms <= listener.sent_ms == 100

    assert listen(story, delay_s=0.5).pieces[-1][0] == pytest.approx(2500)


@given(
    wire=st.sampled_from([PCM, MULAW]),
    pieces=st.lists(
        st.tuples(st.integers(0, 5000), st.floats(0, 0.5, allow_subnormal=False)), max_size=12
    ),
    stop_after_s=st.none() | st.floats(0, 2, allow_subnormal=False),
    delay_s=st.sampled_from([0, 0.003, 0.05]),
)
def test_all_of_it_comes_out_never_far_ahead_and_hearing_never_goes_back(
    wire: WireFormat,
    pieces: list[tuple[int, float]],
    stop_after_s: float | None,
    delay_s: float,
) -> None:
    heard: list[float] = []

    def look(listener: Listener) -> None:
        heard.append(listener.playout.heard_ms)
        assert listener.sent_ms - heard[-1] <= AHEAD_MS + EPSILON_MS
        assert heard[-1] <= listener.sent_ms + EPSILON_MS

    async def play(listener: Listener) -> None:
        for size, pause_s in pieces:
            await listener.playout.play(bytes(size))
            look(listener)
            await asyncio.sleep(pause_s)
            look(listener)
        await listener.playout.flush()
        await listener.playout.drain()

    async def watch(listener: Listener) -> None:
        while True:
            look(listener)
            await asyncio.sleep(0.007)

    async def story(listener: Listener) -> None:
        watching, playing = (asyncio.create_task(task(listener)) for task in (watch, play))
        await asyncio.wait({playing}, timeout=stop_after_s)
        if not playing.done():
            listener.playout.stop()
        await playing
        look(listener)
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        assert watching.cancelled()

    listener = listen(story, wire, delay_s)
    given_bytes = sum(size for size, _ in pieces)
    assert len(listener.audio) <= given_bytes
    if stop_after_s is None:
        assert len(listener.audio) == given_bytes
        assert heard[-1] == pytest.approx(listener.sent_ms)
    assert all(later >= earlier - EPSILON_MS for earlier, later in pairwise(heard))
