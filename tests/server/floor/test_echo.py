"""What is our own voice, heard back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.floor.backchannel import words_of
from server.floor.echo import is_echo

SPOKEN = words_of(
    "Your order left our warehouse on Monday morning, and it should reach you by Thursday."
)


@pytest.mark.parametrize(
    "heard",
    [
        "on Monday morning",
        "left our warehouse",
        "and it should teach you",  # one word misheard
        "our house on Monday",
        "your order left warehouse",  # one missed
    ],
)
def test_what_was_said_is_an_echo_even_if_it_is_heard_badly(heard: str) -> None:
    assert is_echo(words_of(heard), SPOKEN)


@pytest.mark.parametrize(
    "heard",
    [
        "",
        "Monday",  # the caller's answer, more likely
        "no wait",
        "it was on a Thursday",
        "your Monday Thursday",  # from all over
        "on Monday morning I was not at home at all",
    ],
)
def test_what_the_caller_says_is_none(heard: str) -> None:
    assert not is_echo(words_of(heard), SPOKEN)


def test_nothing_echoes_silence() -> None:
    assert not is_echo(("hello", "there"), ())


@given(st.integers(0, 13), st.integers(2, 15))
def test_any_piece_of_the_reply_is_an_echo(start: int, words: int) -> None:
    piece = SPOKEN[start : start + words]
    assert is_echo(piece, SPOKEN) == (len(piece) >= 2)
