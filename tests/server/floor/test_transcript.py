"""What the words say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.floor.transcript import (
    ends_in_group,
    is_dictated,
    is_short_answer,
    is_unfinished,
    words,
)


@pytest.mark.parametrize(
    ("text", "unfinished"),
    [
        ("I'd like a mocha with.", True),
        ("I want it because", True),
        ("And, um.", True),
        ("It's slightly...", True),
        ("So.", True),
        ("Turn the light off. So.", True),
        ("I think I'm", True),
        ("My number is,", True),
        ("I\u2019m", True),
        ("I think so.", False),
        ("Where are you from?", False),
        ("With.", False),
        ("That should be all. Thanks.", False),
        ("Stop.", False),
        ("", False),
        ("...", False),
    ],
)
def test_a_clause_that_breaks_off_is_unfinished(text: str, unfinished: bool) -> None:
    assert is_unfinished(text) is unfinished


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("Yes.", True),
        ("No, thank you.", True),
        ("Yes, please.", True),
        ("Of course.", True),
        ("That's right.", True),
        ("Yes, I know that there are dogs.", False),
        ("No, the other one.", False),
        ("Thank you.", False),
        ("Yes yes yes yes yes.", False),
        ("", False),
    ],
)
def test_a_short_answer_is_a_yes_or_a_no_and_nothing_else(text: str, short: bool) -> None:
    assert is_short_answer(text) is short


@pytest.mark.parametrize(
    ("text", "dictated"),
    [
        ("It's four one one.", True),
        ("It's 4111 1111", True),
        ("4111 1111 1111", True),
        ("Call 555-0142", True),
        ("A as in Anna, B, C, D.", True),
        ("four one one one, that is it", False),
        ("September 12, 1914.", False),
        ("I want a coffee.", False),
        ("", False),
    ],
)
def test_digits_and_letters_one_by_one_are_dictated(text: str, dictated: bool) -> None:
    assert is_dictated(text) is dictated


@pytest.mark.parametrize(
    ("text", "group"),
    [("It is 42", True), ("B", True), ("seven.", True), ("I don't know.", False), ("", False)],
)
def test_a_group_may_be_one_digit(text: str, group: bool) -> None:
    assert ends_in_group(text) is group


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    is_unfinished(text), is_short_answer(text), is_dictated(text)
    assert not ends_in_group(text) or words(text)
