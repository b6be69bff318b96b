"""Who is decoded next: tables, and properties of fairness."""

from __future__ import annotations

from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.asr.schedule import FIXED_COST_S, OVERDUE_TURN, Ask, Limits, Schedule, Shares

LATER = 1e9
FINAL, PARTIAL = 0, 1
ALONE = Limits()
WIDE = Limits(pieces=4, seconds=20, extra_s=2)


def ask(
    ticket: int,
    stream: int = 0,
    urgency: int = FINAL,
    seconds: float = 1.0,
    deadline_s: float = LATER,
    bulk: bool = False,
    kind: str = "",
) -> Ask:
    return Ask(ticket, stream, urgency, seconds, deadline_s, bulk, kind)


def waiting(*asks: Ask, limits: Limits = ALONE) -> Schedule:
    schedule = Schedule(limits)
    for one in asks:
        schedule.add(one)
    return schedule


def turn(schedule: Schedule, now_s: float = 0.0, *, bulk: bool = True) -> list[int]:
    """Return the tickets of the next batch, charged."""
    batch = schedule.next(now_s, lambda one: bulk or not one.bulk)
    for one in batch:
        schedule.charge(one)
    return [one.ticket for one in batch]


def order(schedule: Schedule, now_s: float = 0.0) -> list[list[int]]:
    """Return the batches in turn, until nobody waits."""
    return [turn(schedule, now_s) for _ in range(len(schedule)) if len(schedule)]


@pytest.mark.parametrize(
    ("asks", "tickets"),
    [
        ([ask(1), ask(2)], [1, 2]),
        ([ask(1, 1, deadline_s=9), ask(2, 2, deadline_s=8)], [2, 1]),
        (
            [ask(1, 1, PARTIAL), ask(2, 2, FINAL), ask(3, 3, PARTIAL), ask(4, 4, FINAL)],
            [2, 4, 1, 3],
        ),
        # What runs ahead of real time comes after all callers, their partials too.
        ([ask(1, 1, bulk=True), ask(2, 2, PARTIAL), ask(3, 3)], [3, 2, 1]),
        ([ask(1, 1, PARTIAL, bulk=True), ask(2, 2, FINAL, bulk=True)], [2, 1]),
        # Each stream in turn, whoever asked first.
        ([ask(1, 1), ask(2, 1), ask(3, 1), ask(4, 2), ask(5, 3)], [1, 4, 5, 2, 3]),
        # By what it costs: one long piece is worth two short ones.
        ([ask(1, 1, seconds=2.5), ask(2, 1), ask(3, 2), ask(4, 2), ask(5, 2)], [1, 3, 4, 2, 5]),
    ],
)
def test_order(asks: list[Ask], tickets: list[int]) -> None:
    assert order(waiting(*asks)) == [[ticket] for ticket in tickets]


@pytest.mark.parametrize(
    ("asks", "batches"),
    [
        ([ask(n, n) for n in range(1, 6)], [[1, 2, 3, 4], [5]]),
        # Neither who is less urgent, nor what is ahead of time, nor what is of another kind rides along.
        ([ask(1, 1), ask(2, 2, PARTIAL), ask(3, 3), ask(4, 4, bulk=True)], [[1, 3], [2], [4]]),
        ([ask(1, 1), ask(2, 2, kind="b"), ask(3, 3), ask(4, 4, kind="b")], [[1, 3], [2, 4]]),
        # At most 2 s longer than the shortest, 20 s of padded speech, whoever comes after is looked at too.
        ([ask(1, 1), ask(2, 2, seconds=3.1), ask(3, 3, seconds=3)], [[1, 3], [2]]),
        ([ask(1, 1, seconds=6), ask(2, 2, seconds=7), ask(3, 3, seconds=6)], [[1, 2], [3]]),
        # A piece over all limits goes alone.
        ([ask(1, 1, seconds=28), ask(2, 2, seconds=28)], [[1], [2]]),
    ],
)
def test_what_is_decoded_together(asks: list[Ask], batches: list[list[int]]) -> None:
    assert order(waiting(*asks, limits=WIDE)) == batches


def test_who_gives_up_is_passed_over_and_costs_its_stream_nothing() -> None:
    schedule = waiting(ask(1, 1), ask(2, 1), ask(3, 2))
    schedule.drop(1)
    schedule.drop(77)
    assert [one.ticket for one in schedule.next(0)] == [2]  # let go: not charged
    schedule.add(ask(4, 1))
    assert order(schedule) == [[3], [4]]
    assert turn(schedule) == []


def test_who_may_not_start_keeps_waiting() -> None:
    schedule = waiting(ask(1, 1, bulk=True, deadline_s=0))
    assert turn(schedule, 5, bulk=False) == []
    assert len(schedule) == 1
    assert turn(schedule, 5) == [1]


def test_what_files_are_served_leaves_what_callers_owe_each_other() -> None:
    schedule = waiting(ask(1, 1, seconds=9), ask(2, 2), ask(3, 1), ask(4, 3, bulk=True, seconds=99))
    assert [turn(schedule) for _ in range(2)] == [[1], [2]]
    schedule.add(ask(5, 2))
    assert order(schedule) == [[5], [3], [4]]


def test_when_nobody_waits_all_is_forgotten() -> None:
    schedule = waiting(ask(1, 1, seconds=50), ask(2, 1))
    assert order(schedule) == [[1], [2]]
    assert turn(schedule) == []
    for ticket in range(3, 7):
        schedule.add(ask(ticket, stream=1 + ticket % 2))
    assert order(schedule) == [[3], [4], [5], [6]]


@given(st.lists(st.tuples(st.integers(1, 5), st.sampled_from([FINAL, PARTIAL])), min_size=1))
def test_no_partial_goes_before_a_final(asked: list[tuple[int, int]]) -> None:
    asks = [ask(number, stream, urgency) for number, (stream, urgency) in enumerate(asked)]
    served = [asks[ticket].urgency for [ticket] in order(waiting(*asks))]
    assert served == sorted(served)


@given(
    st.lists(st.floats(0.1, 28), min_size=2, max_size=5),
    st.integers(2, 60),
    st.sampled_from([Limits(), WIDE]),
)
def test_streams_that_always_wait_are_served_alike(
    seconds: list[float], turns: int, limits: Limits
) -> None:
    """Goyal's bound: of two streams none is ahead by more than what one of each's pieces costs."""
    tickets, schedule = count(), Schedule(limits)
    served = [0.0] * len(seconds)
    streams: dict[int, int] = {}

    def come(stream: int) -> None:
        one = ask(next(tickets), stream, seconds=seconds[stream])
        streams[one.ticket] = stream
        schedule.add(one)

    for stream in [*range(len(seconds))] * 3:
        come(stream)
    for _ in range(turns):
        for ticket in turn(schedule):
            stream = streams[ticket]
            served[stream] += seconds[stream] + FIXED_COST_S
            come(stream)
        most = 2 * (max(seconds) + FIXED_COST_S) * (limits.pieces if limits.pieces > 1 else 1)
        assert max(served) - min(served) <= most + 1e-6


@given(st.integers(1, 40), st.floats(0.2, 28))
def test_a_flood_holds_up_another_by_one_piece(rounds: int, seconds: float) -> None:
    """However much one stream asks, another that asks less than its share is next."""
    schedule = waiting(*(ask(number, 1, seconds=seconds) for number in range(rounds + 3)))
    for number in range(rounds):
        assert turn(schedule) == [number]
        schedule.add(ask(1000 + number, 2, seconds=0.1))
        assert turn(schedule) == [1000 + number]


@given(
    st.integers(1, 12),
    st.booleans(),
    st.integers(0, 20),
)
def test_nobody_starves(others: int, bulk: bool, deadline: int) -> None:
    """Under finals that never end each who is overdue has its turn, in the order of deadlines."""
    tickets = count(1000)
    schedule = Schedule(Limits())
    for number in range(others):
        schedule.add(ask(number, number, PARTIAL, deadline_s=deadline + number * 0.01, bulk=bulk))
    served: list[int] = []
    for now_s in range(deadline + 1 + OVERDUE_TURN * (others + 1)):
        schedule.add(ask(next(tickets), stream=50 + now_s, deadline_s=LATER))
        schedule.add(ask(next(tickets), stream=90 + now_s, deadline_s=LATER))
        served += turn(schedule, now_s + 1.0)
    assert [ticket for ticket in served if ticket < 1000] == [*range(others)]
    assert sum(ticket >= 1000 for ticket in served) >= len(served) * (1 - 1 / OVERDUE_TURN) - 1


def test_shares_remember_no_stream_that_owes_nothing() -> None:
    shares = Shares()
    shares.charge(1, 5)
    shares.charge(2, 1)
    shares.advance([2])
    assert (shares.start(1), shares.start(2), shares.start(3)) == (5, 1, 1)
    shares.advance([])
    assert (shares.start(1), shares.start(3)) == (5, 5)
