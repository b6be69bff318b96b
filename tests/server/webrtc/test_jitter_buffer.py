"""The jitter buffer, as tables of what arrives when, and as properties of any network."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.webrtc.jitter_buffer import (
    DECAY_PACKETS,
    FRAME_MS,
    FRAME_TICKS,
    HOLD_MS,
    MARGIN_MS,
    MAX_DROPOUT,
    MAX_FILL_MS,
    MAX_GAP_TICKS,
    MAX_HELD,
    MAX_MISORDER,
    MAX_WAIT_MS,
    MIN_WAIT_MS,
    RESTART_MS,
    SILENCE_HOLD_MS,
    JitterBuffer,
    Packet,
    Play,
)
from tests.server.webrtc.network import (
    SSRC,
    TOC,
    Arrival,
    number_of,
    packet,
    play,
    shown,
    ticks_of,
)

PAUSE = TOC


def told(
    arrivals: list[Arrival], until_ms: float = 0, ssrc: int | None = None
) -> list[tuple[float, str]]:
    steps = play(JitterBuffer(ssrc), arrivals, until_ms)
    return [(now_ms, shown(step)) for now_ms, step in steps]


def on_time(numbers: list[int]) -> list[Arrival]:
    return [(20.0 * number, packet(number)) for number in numbers]


@pytest.mark.parametrize(
    ("arrivals", "given_out"),
    [
        pytest.param(
            [(0, 0), (20, 1), (40, 2)], [(0, "0"), (20, "1"), (40, "2")], id="at once, in order"
        ),
        pytest.param(
            [(0, 0), (40, 2), (60, 3), (80, 4)],
            [(0, "0"), (60, "fec 2"), (60, "2"), (60, "3"), (80, "4")],
            id="one lost: recovered from the next, and no delay is left",
        ),
        pytest.param(
            [(0, 0), (60, 3), (80, 4)],
            [(0, "0"), (80, "plc 20"), (80, "fec 3"), (80, "3"), (80, "4")],
            id="two lost: the second is recovered",
        ),
        pytest.param(
            [(0, 0), (40, 2), (45, 1), (60, 3)],
            [(0, "0"), (45, "1"), (45, "2"), (60, "3")],
            id="reordered by less than the wait",
        ),
        pytest.param(
            [(0, 0), (40, 2), (80, 1), (81, 3)],
            [(0, "0"), (60, "fec 2"), (60, "2"), (81, "3")],
            id="too late: its time has been filled",
        ),
        pytest.param(
            [(0, 0), (20, 1), (20, 1), (21, 0), (40, 2), (41, 1)],
            [(0, "0"), (20, "1"), (40, "2")],
            id="duplicates and replays",
        ),
        pytest.param(
            [(0, 0), (300, 1), (300, 2), (300, 3), (301, 4)],
            [(0, "0"), (300, "1"), (300, "2"), (300, "3"), (301, "4")],
            id="a stall under the hold loses nothing and adds nothing",
        ),
    ],
)
def test_what_is_given_out_when(
    arrivals: list[tuple[float, int]], given_out: list[tuple[float, str]]
) -> None:
    assert told([(now_ms, packet(number)) for now_ms, number in arrivals]) == given_out


def test_a_gap_of_unusual_length_is_filled_to_the_shortest_frame() -> None:
    late = Packet(SSRC, 1, 2 * FRAME_TICKS + 130, TOC + b"\0\0\0\1")
    assert (
        told([(0, packet(0)), (20, late)])[1:] == [(20, "plc 20"), (20, "plc 2.5"), (20, "1")][:3]
    )


def test_a_gap_shorter_than_the_next_packet_has_no_copy_to_be_recovered_from() -> None:
    late = Packet(SSRC, 2, FRAME_TICKS + 480, TOC + b"\0\0\0\2")
    assert told([(0, packet(0)), (20, late)], until_ms=50)[1:] == [(40, "plc 10"), (40, "2")]


@pytest.mark.parametrize("moved", [MAX_GAP_TICKS + FRAME_TICKS, -5 * FRAME_TICKS, 2**31])
def test_a_jump_of_the_senders_clock_is_no_gap(moved: int) -> None:
    stream = [packet(0), *(packet(number, timestamp=moved) for number in (1, 2))]
    assert [step for _, step in told([(20.0 * n, p) for n, p in enumerate(stream)])] == [
        "0",
        "1",
        "2",
    ]


def test_a_sender_that_says_it_pauses_is_silent_from_then_on() -> None:
    pause = packet(1, payload=PAUSE)
    after = packet(20)
    stream = [
        (0.0, packet(0)),
        (20.0, pause),
        (400.0, Packet(SSRC, 2, after.timestamp, after.payload)),
    ]
    given_out = told(stream)
    # The pause's own packet is due to have been followed by another at 40.
    first_ms = 40 + SILENCE_HOLD_MS
    assert given_out[2:5] == [(first_ms, "plc 20")] * 3
    assert [now_ms for now_ms, _ in given_out[5:8]] == [first_ms + 20, first_ms + 40, first_ms + 60]
    # All time between is given out, no more.
    assert sum(step == "plc 20" for _, step in given_out) == 18
    assert given_out[-1] == (400, "20")


def test_a_sender_that_stops_is_silent_once_it_has_been_waited_for() -> None:
    given_out = told([(0, packet(0))], until_ms=20 + HOLD_MS + 70)
    assert given_out[1:] == [(20 + HOLD_MS, "plc 20")] * 20 + [
        (20 + HOLD_MS + ms, "plc 20") for ms in (20, 40, 60)
    ]


def test_what_comes_after_the_wait_is_late_but_heard() -> None:
    given_out = told([(0, packet(0)), (500, packet(1)), (500, packet(2)), (501, packet(3))])
    assert [one for one in given_out if "plc" not in one[1]] == [
        (0, "0"),
        (500, "1"),
        (500, "2"),
        (501, "3"),
    ]


def test_what_was_lost_in_a_stall_is_not_made_up_twice() -> None:
    lost = 30
    given_out = told([(0, packet(0)), (20.0 * lost, packet(lost))], until_ms=20 * lost + 21)
    made_up = sum(step != str(lost) for _, step in given_out[1:])
    assert made_up == lost - 1
    assert given_out[-1][1] == str(lost)


def test_silence_is_not_made_up_for_ever() -> None:
    buffer = JitterBuffer()
    given_out = play(buffer, [(0, packet(0))], until_ms=1e6)
    assert len(given_out) == 1 + MAX_FILL_MS / FRAME_MS
    assert buffer.deadline_ms is None


def test_a_clock_that_jumps_makes_no_more_up_than_that() -> None:
    buffer = JitterBuffer()
    play(buffer, [(0, packet(0))])
    assert len(buffer.steps(1e9)) == MAX_FILL_MS / FRAME_MS


def test_nothing_is_given_out_before_the_first_packet() -> None:
    buffer = JitterBuffer()
    assert buffer.deadline_ms is None
    assert buffer.steps(1e6) == []


def test_packets_without_audio_take_their_number_and_no_time() -> None:
    padding = Packet(SSRC, 1, 0, b"")
    following = Packet(SSRC, 2, FRAME_TICKS, TOC + b"\0\0\0\2")
    assert told([(0, packet(0)), (5, padding), (20, following)]) == [(0, "0"), (20, "2")]


def test_the_wait_grows_at_once_with_what_came_too_late_and_decays() -> None:
    buffer = JitterBuffer()
    play(buffer, [(0, packet(0)), (40, packet(2)), (85, packet(1))], until_ms=86)
    assert buffer.wait_ms == 45 + MARGIN_MS
    # The same lateness once more is waited for.
    steps = play(buffer, [(100, packet(4)), (145, packet(3))])
    assert [shown(step) for _, step in steps] == ["3", "4"]
    assert buffer.wait_ms > 45
    play(buffer, [(200.0 + 20 * n, packet(5 + n)) for n in range(3 * DECAY_PACKETS)])
    assert MIN_WAIT_MS < buffer.wait_ms < MIN_WAIT_MS + 2


def test_no_lateness_is_waited_for_beyond_the_bound_and_a_replay_is_not_late() -> None:
    buffer = JitterBuffer()
    play(buffer, [(0, packet(0)), (40, packet(2)), (1000, packet(1))], until_ms=1001)
    assert buffer.wait_ms == MAX_WAIT_MS
    play(buffer, on_time(list(range(60, 60 + 3 * DECAY_PACKETS))))
    waited_ms = buffer.wait_ms
    play(buffer, [(31_190, packet(1)), (31_191, packet(2))])
    assert buffer.wait_ms == waited_ms


def test_a_flood_beyond_the_gap_is_not_held() -> None:
    buffer = JitterBuffer()
    given_out = play(buffer, [(0, packet(0)), *((1.0, packet(2 + n)) for n in range(MAX_HELD + 1))])
    assert len(given_out) == 2 + MAX_HELD + 1


@pytest.mark.parametrize("ssrc", [None, SSRC])
def test_another_source_is_not_heard_while_the_first_speaks(ssrc: int | None) -> None:
    other = Packet(SSRC + 1, 1, FRAME_TICKS, TOC + b"\0\0\0\x63")
    arrivals = [(0.0, packet(0)), (10.0, other), (20.0, packet(1)), (20 + RESTART_MS - 1, other)]
    assert [step for _, step in told(arrivals, ssrc=ssrc) if "plc" not in step] == ["0", "1"]


def test_another_source_is_heard_once_the_first_has_stopped() -> None:
    other = Packet(SSRC + 1, 9, 99, TOC + b"\0\0\0\x63")
    arrivals = [(0.0, packet(0)), (RESTART_MS, other)]
    assert [step for _, step in told(arrivals) if "plc" not in step] == ["0", "99"]


def test_no_other_source_is_ever_heard_than_the_one_that_was_named() -> None:
    other = Packet(SSRC + 1, 9, 99, TOC)
    arrivals = [(0.0, other), (1.0, packet(0)), (5000.0, other)]
    assert [step for _, step in told(arrivals, ssrc=SSRC) if "plc" not in step] == ["0"]


@pytest.mark.parametrize("ahead", [MAX_DROPOUT, -MAX_MISORDER - 1, 2**15])
def test_a_sequence_that_begins_anew_is_followed_once_the_old_one_has_stopped(ahead: int) -> None:
    strange = packet(0, sequence=1 + ahead, payload=TOC + b"\0\0\0\x63")
    replayed = [(0.0, packet(0)), (RESTART_MS - 1, strange)]
    assert [step for _, step in told(replayed) if "plc" not in step] == ["0"]
    anew = [(0.0, packet(0)), (RESTART_MS, strange)]
    assert [step for _, step in told(anew) if "plc" not in step] == ["0", "99"]


# What a network does to each packet: None, lost; else when it arrives after it was sent, in ms.
FATES = st.lists(st.none() | st.floats(0, 300), min_size=2, max_size=60)
BEGINNINGS = st.tuples(st.integers(0, 2**16 - 1), st.integers(0, 2**32 - 1))


def travelled(fates: list[float | None], beginning: tuple[int, int] = (0, 0)) -> list[Arrival]:
    sequence, timestamp = beginning
    return sorted(
        (
            (20.0 * number + delay_ms, packet(number, sequence=sequence, timestamp=timestamp))
            for number, delay_ms in enumerate(fates)
            if delay_ms is not None
        ),
        key=lambda arrival: arrival[0],
    )


@given(FATES)
def test_packets_are_played_in_order_and_once(fates: list[float | None]) -> None:
    steps = play(JitterBuffer(), travelled(fates), until_ms=60 * 20 + 1000)
    played = [number_of(step.payload) for _, step in steps if isinstance(step, Play)]
    assert played == sorted(set(played))


@given(FATES)
def test_no_packet_waits_longer_than_the_bound(fates: list[float | None]) -> None:
    arrivals = travelled(fates)
    arrived = {number_of(one.payload): now_ms for now_ms, one in arrivals}
    steps = play(JitterBuffer(), arrivals, until_ms=60 * 20 + 1000)
    for now_ms, step in steps:
        if isinstance(step, Play):
            assert now_ms - arrived[number_of(step.payload)] <= MAX_WAIT_MS


@given(st.lists(st.none() | st.floats(0, MIN_WAIT_MS / 2), min_size=2, max_size=60))
def test_every_millisecond_of_the_sender_is_given_out_once(fates: list[float | None]) -> None:
    fates[0], fates[-1] = 0.0, 0.0
    # The last packet's gap is over, and the silence after it has not begun.
    end_ms = 20.0 * len(fates) + MAX_WAIT_MS
    buffer = JitterBuffer()
    steps = play(buffer, travelled(fates), until_ms=end_ms)
    outages = max(len(run) for run in "".join("x" if f is None else " " for f in fates).split(" "))
    if outages * FRAME_MS < HOLD_MS - MIN_WAIT_MS:
        assert sum(ticks_of(step) for _, step in steps) == len(fates) * FRAME_TICKS


@given(FATES, BEGINNINGS)
def test_numbers_that_wrap_around_change_nothing(
    fates: list[float | None], beginning: tuple[int, int]
) -> None:
    plain = play(JitterBuffer(), travelled(fates), until_ms=3000)
    wrapped = play(JitterBuffer(), travelled(fates, beginning), until_ms=3000)
    assert plain == wrapped


@given(FATES, st.lists(st.tuples(st.integers(0, 59), st.floats(0, 2000)), max_size=60))
def test_replays_change_nothing_that_is_played(
    fates: list[float | None], replays: list[tuple[int, float]]
) -> None:
    arrivals = travelled(fates)
    again = [
        (arrivals[index % len(arrivals)][0] + later_ms, arrivals[index % len(arrivals)][1])
        for index, later_ms in replays
        if arrivals
    ]
    mixed = sorted(arrivals + again, key=lambda arrival: arrival[0])
    plain, replayed = (play(JitterBuffer(), given, until_ms=4000) for given in (arrivals, mixed))
    kept = [number_of(s.payload) for _, s in plain if isinstance(s, Play)]
    assert [number_of(s.payload) for _, s in replayed if isinstance(s, Play)] == kept


@given(
    st.lists(
        st.tuples(
            st.floats(0, 1000),
            st.builds(
                Packet,
                st.sampled_from([SSRC, SSRC + 1]),
                st.integers(0, 2**16 - 1),
                st.integers(0, 2**32 - 1),
                st.binary(max_size=8),
            ),
        ),
        max_size=80,
    )
)
def test_nothing_that_arrives_makes_it_fail_or_grow(arrivals: list[Arrival]) -> None:
    arrivals.sort(key=lambda arrival: arrival[0])
    steps = play(JitterBuffer(), arrivals, until_ms=30_000)
    # At most a gap of 2 s before each packet, and the silence at the end.
    bound = len(arrivals) * (MAX_GAP_TICKS // FRAME_TICKS + 3) + MAX_FILL_MS / FRAME_MS
    assert len(steps) <= bound
