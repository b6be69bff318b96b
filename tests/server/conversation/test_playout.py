"""Pacing of a reply's audio, to the millisecond of virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.conversation.playout import FRAME_MS, KEPT_MS, Playout
from server.realtime.session_config import FORMATS, WireFormat
from tests.virtual_time import run_virtual

PCM, MULAW = FORMATS["audio/pcm"], FORMATS["audio/pcmu"]
FRAME_BYTES = {PCM: 960, MULAW: 160}
LEAD_MS = 200.0
# What floats lose in a minute of additions; and where the clock has run for days.
EPSILON_MS = 1e-6
LATE_EPSILON_MS = 1e-4


class Listener:
    """Where the audio goes; `delay_s` is how long each piece takes to be taken."""

    def __init__(self, wire: WireFormat, delay_s: float = 0, lead_ms: float = LEAD_MS) -> None:
        self.pieces: list[tuple[float, bytes]] = []
        self.playout = Playout(self._send, wire, lead_ms)
        self._bytes_per_ms = FRAME_BYTES[wire] / FRAME_MS
        self._delay_s = delay_s
        self._taken_bytes = 0

    @property
    def audio(self) -> bytes:
        return b"".join(piece for _, piece in self.pieces)

    @property
    def taken_ms(self) -> float:
        """How much was handed over, what is still on its way included."""
        return self._taken_bytes / self._bytes_per_ms

    @property
    def times_ms(self) -> list[float]:
        return [at for at, _ in self.pieces]

    @property
    def numbers(self) -> list[int]:
        """The numbers of the frames, as `numbered` gave them."""
        return [int.from_bytes(piece[:2], "little") for _, piece in self.pieces]

    async def _send(self, piece: bytes) -> None:
        self._taken_bytes += len(piece)
        if self._delay_s:
            await asyncio.sleep(self._delay_s)
        self.pieces.append((asyncio.get_running_loop().time() * 1000, piece))


def listen(
    story: Callable[[Listener], Awaitable[None]],
    wire: WireFormat = PCM,
    delay_s: float = 0,
    lead_ms: float = LEAD_MS,
) -> Listener:
    """Return the listener after `story`."""

    async def main() -> Listener:
        listener = Listener(wire, delay_s, lead_ms)
        await story(listener)
        return listener

    return run_virtual(main())


def numbered(count: int) -> bytes:
    """Return frames that can be told apart."""
    return b"".join(number.to_bytes(2, "little") * 480 for number in range(count))


def now_ms() -> float:
    return asyncio.get_running_loop().time() * 1000


@pytest.mark.parametrize(
    ("lead_ms", "at_once"), [(200, 10), (100, 5), (59, 2), (40, 2), (20, 1), (0, 1)]
)
def test_frames_leave_at_once_up_to_the_lead_and_then_in_real_time(
    lead_ms: float, at_once: int
) -> None:
    async def story(listener: Listener) -> None:
        await listener.playout.play(bytes(960 * 15))

    # Where the lead is no whole number of frames, the first of the others waits for the rest of it.
    spare_ms = max(lead_ms, FRAME_MS) - at_once * FRAME_MS
    paced = [FRAME_MS * number - spare_ms for number in range(1, 16 - at_once)]
    times = listen(story, lead_ms=lead_ms).times_ms
    assert times == pytest.approx([0.0] * at_once + paced)


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

    times = listen(story).times_ms[5:]
    assert times == pytest.approx([1000.0] * 10 + [1000 + 20 * n for n in range(1, 11)])


def test_a_slow_transport_is_not_what_was_heard() -> None:
    async def story(listener: Listener) -> None:
        await listener.playout.play(bytes(960 * 5))
        assert listener.playout.heard_ms <= listener.taken_ms == 100

    assert listen(story, delay_s=0.5).pieces[-1][0] == pytest.approx(2500)


def test_ducked_it_holds_from_the_next_frame_on_and_goes_on_from_where_it_is_told() -> None:
    async def story(listener: Listener) -> None:
        playing = asyncio.create_task(listener.playout.play(numbered(50)))
        await asyncio.sleep(0.505)
        listener.playout.duck()
        assert listener.playout.heard_ms == pytest.approx(505)
        await asyncio.sleep(0.995)
        # What was ahead was heard, and no more.
        assert len(listener.pieces) == 27
        assert listener.playout.heard_ms == pytest.approx(540)
        listener.playout.unduck(487)
        assert listener.playout.heard_ms == pytest.approx(480)
        await playing
        await listener.playout.drain()
        assert now_ms() == pytest.approx(1500 + 1000 - 480)
        assert listener.playout.heard_ms == pytest.approx(1000)

    listener = listen(story, lead_ms=40)
    assert listener.numbers == [*range(27), *range(24, 50)]
    assert listener.times_ms[27:] == pytest.approx([1500, 1500, *range(1520, 2000, 20)])


@pytest.mark.parametrize("from_ms", [60, 61, 5000])
def test_where_nothing_is_to_be_said_again_it_goes_on_with_the_next_frame(from_ms: float) -> None:
    async def story(listener: Listener) -> None:
        await listener.playout.play(numbered(3))
        listener.playout.duck()
        playing = asyncio.create_task(listener.playout.play(numbered(2)))
        await asyncio.sleep(1)
        listener.playout.unduck(from_ms)
        await playing
        await listener.playout.drain()
        assert now_ms() == pytest.approx(1040)

    assert listen(story).numbers == [0, 1, 2, 0, 1]


def test_ducked_before_its_first_frame_it_waits() -> None:
    async def story(listener: Listener) -> None:
        listener.playout.duck()
        playing = asyncio.create_task(listener.playout.play(numbered(2)))
        await asyncio.sleep(1)
        assert listener.playout.heard_ms == 0
        listener.playout.unduck(0)
        await playing
        await listener.playout.drain()

    listener = listen(story)
    assert listener.numbers == [0, 1]
    assert listener.times_ms == pytest.approx([1000, 1000])


def test_it_goes_back_no_further_than_is_kept() -> None:
    async def story(listener: Listener) -> None:
        await listener.playout.play(numbered(300))
        listener.playout.duck()
        listener.playout.unduck(0)
        assert listener.playout.heard_ms == pytest.approx(6000 - KEPT_MS)
        await listener.playout.drain()

    assert listen(story).numbers[300:] == list(range(300 - KEPT_MS // FRAME_MS, 300))


def test_it_can_be_ducked_again_while_it_says_again_what_was_ducked() -> None:
    async def story(listener: Listener) -> None:
        playing = asyncio.create_task(listener.playout.play(numbered(30)))
        for _ in range(2):
            await asyncio.sleep(0.3)
            listener.playout.duck()
            await asyncio.sleep(1)
            listener.playout.unduck(200)
        await playing
        await listener.playout.drain()

    numbers = listen(story, lead_ms=20).numbers
    assert numbers == [*range(15), *range(10, 25), *range(10, 30)]


def test_drain_waits_for_a_ducked_reply_though_all_of_it_was_sent() -> None:
    async def story(listener: Listener) -> None:
        await listener.playout.play(numbered(10))
        await listener.playout.flush()
        draining = asyncio.create_task(listener.playout.drain())
        await asyncio.sleep(0.1)
        listener.playout.duck()
        await asyncio.sleep(10)
        assert not draining.done()
        listener.playout.unduck(100)
        await draining
        assert now_ms() == pytest.approx(10_200)

    assert listen(story).numbers == [*range(10), *range(5, 10)]


def test_stopped_while_it_is_ducked_it_holds_nobody_up() -> None:
    async def story(listener: Listener) -> None:
        playing = asyncio.create_task(listener.playout.play(numbered(50)))
        await asyncio.sleep(0.11)
        listener.playout.duck()
        await asyncio.sleep(0.04)
        listener.playout.stop()
        await playing
        await listener.playout.drain()
        listener.playout.unduck(0)
        await listener.playout.drain()
        assert now_ms() == pytest.approx(150)
        assert listener.playout.heard_ms == pytest.approx(150)

    assert len(listen(story).pieces) == 15


def test_it_keeps_time_by_a_clock_that_has_run_for_days() -> None:
    async def story(listener: Listener) -> None:
        await asyncio.sleep(1e6 + 0.1)
        started_ms = now_ms()
        playing = asyncio.create_task(listener.playout.play(numbered(100)))
        await asyncio.sleep(1.1)
        listener.playout.duck()
        await asyncio.sleep(0.3)
        listener.playout.unduck(1001)
        await playing
        await listener.playout.drain()
        assert now_ms() - started_ms == pytest.approx(1400 + 1000, abs=LATE_EPSILON_MS)

    assert len(listen(story, lead_ms=30).pieces) == 55 + 1 + 50


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
        assert listener.taken_ms - heard[-1] <= LEAD_MS + EPSILON_MS
        assert heard[-1] <= listener.taken_ms + EPSILON_MS

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
        assert heard[-1] == pytest.approx(listener.taken_ms)
    assert all(later >= earlier - EPSILON_MS for earlier, later in pairwise(heard))


@given(
    ducks=st.lists(
        st.tuples(
            st.floats(0, 0.5, allow_subnormal=False),
            st.floats(0, 0.5, allow_subnormal=False),
            st.integers(0, 600),
        ),
        max_size=6,
    ),
    lead_ms=st.sampled_from([0.0, 20.0, 35.0, 100.0, 200.0]),
    started_s=st.sampled_from([0.0, 0.1, 1e6 / 3]),
)
def test_however_often_it_is_ducked_nothing_is_left_out_and_it_is_silent_meanwhile(
    ducks: list[tuple[float, float, int]], lead_ms: float, started_s: float
) -> None:
    frames = 60
    resumed_at = set[int]()

    async def story(listener: Listener) -> None:
        playout = listener.playout
        await asyncio.sleep(started_s)
        playing = asyncio.create_task(playout.play(numbered(frames)))
        for flowing_s, held_s, back_ms in ducks:
            await asyncio.sleep(flowing_s)
            playout.duck()
            before = len(listener.pieces)
            await asyncio.sleep(held_s)
            assert len(listener.pieces) == before
            playout.unduck(playout.heard_ms - back_ms)
            resumed_at.add(before)
        await playing
        await playout.drain()
        assert playout.heard_ms == pytest.approx(frames * FRAME_MS)

    numbers = listen(story, lead_ms=lead_ms).numbers
    assert sorted(set(numbers)) == list(range(frames))
    for index, (before, after) in enumerate(pairwise(numbers), start=1):
        assert after == before + 1 or (index in resumed_at and after <= before)
