"""Loops of the decoder."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.asr.loops import LONGEST_UNIT, TIMES, without_loop


@pytest.mark.parametrize(
    ("tokens", "expected"),
    [
        ("", ""),
        ("today", "today"),
        ("today aaaa", "today a"),
        ("you know, you know, you know, you", "you know, "),
        ("no no", "no no"),
        ("nonono", "no"),
        ("I said no no no.", "I said no no no."),
    ],
)
def test_cases(tokens: str, expected: str) -> None:
    assert "".join(map(chr, without_loop([ord(token) for token in tokens]))) == expected


@given(
    st.lists(st.integers(0, 3), max_size=10),
    st.lists(st.integers(4, 9), min_size=1, max_size=LONGEST_UNIT, unique=True),
    st.integers(TIMES, 5),
)
def test_one_round_is_left(before: list[int], unit: list[int], times: int) -> None:
    looping = [*before, *unit * times]
    assert without_loop(looping) == [*before, *unit]


@given(st.lists(st.integers(0, 2), max_size=30))
def test_the_start_stays(tokens: list[int]) -> None:
    kept = without_loop(tokens)
    assert kept == tokens[: len(kept)]
