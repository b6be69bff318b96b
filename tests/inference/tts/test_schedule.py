"""Who is served next, and with whom: tables and properties."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.tts.schedule import Schedule

Waiting = tuple[str, str | None, float]  # name, kind, deadline


def schedule(*waiting: Waiting) -> Schedule[str]:
    made: Schedule[str] = Schedule()
    for name, kind, deadline in waiting:
        made.add(name, kind, deadline)
    return made


@pytest.mark.parametrize(
    ("most", "waiting", "taken"),
    [
        (8, [], []),
        (1, [("later", "a", 2.0), ("sooner", "a", 1.0)], ["sooner"]),
        (2, [("later", "a", 2.0), ("sooner", "a", 1.0)], ["sooner", "later"]),
        # Of one deadline, who came first.
        (1, [("first", "a", 1.0), ("second", "a", 1.0)], ["first"]),
        # Only what is alike, and of that the most urgent.
        (8, [("sooner", "a", 1.0), ("other", "b", 1.5), ("later", "a", 2.0)], ["sooner", "later"]),
        (2, [("x", "a", 3.0), ("y", "a", 1.0), ("z", "a", 2.0)], ["y", "z"]),
        # What can only be done alone is like nothing, itself included.
        (8, [("one", None, 1.0), ("two", None, 2.0)], ["one"]),
    ],
)
def test_taken(most: int, waiting: list[Waiting], taken: list[str]) -> None:
    assert schedule(*waiting).take(most) == taken


def test_a_late_caller_goes_before_those_who_have_audio() -> None:
    flood = [(f"later piece {call}", "long", 10.0 + call) for call in range(15)]
    made = schedule(*flood, ("first piece of the late caller", "first", 9.9))
    assert made.take(8) == ["first piece of the late caller"]
    assert made.take(8) == [name for name, *_ in flood[:8]]
    assert len(made) == 7


def test_cleared() -> None:
    made = schedule(("one", "a", 2.0), ("two", "b", 1.0))
    assert set(made.clear()) == {"one", "two"}
    assert not made


waitings = st.lists(st.tuples(st.sampled_from(["a", "b", None]), st.integers(0, 5)), max_size=20)


@given(waitings, st.integers(1, 5))
def test_all_are_served_once_and_nobody_is_overtaken_by_the_less_urgent(
    waiting: list[tuple[str | None, int]], most: int
) -> None:
    made: Schedule[tuple[int, str | None, int]] = Schedule()
    for number, (kind, deadline) in enumerate(waiting):
        made.add((number, kind, deadline), kind, deadline)
    batches = []
    while batch := made.take(most):
        batches.append(batch)
    assert sorted(number for batch in batches for number, *_ in batch) == list(range(len(waiting)))
    for batch in batches:
        assert len(batch) <= most
        assert len({kind for _, kind, _ in batch}) == 1
        assert len(batch) == 1 or batch[0][1] is not None
    for one, other in pairwise(batches):
        assert one[0][2] <= other[0][2]  # the head of each batch was the most urgent of all
