"""Phrases as what was said before."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.asr.engine import Phrase
from inference.asr.primer import MAX_PRIMER_TOKENS, primer

START = -1


def as_codes(text: str) -> list[int]:
    """One token a character."""
    return [ord(char) for char in text]


def text_of(*phrases: Phrase) -> str:
    tokens = primer(phrases, as_codes, START)
    assert not tokens or tokens[0] == START
    return "".join(map(chr, tokens[1:]))


@pytest.mark.parametrize(
    ("phrases", "text"),
    [
        ([], ""),
        ([Phrase("  ")], ""),
        ([Phrase("Sherburn")], " Sherburn."),
        # The most boosted nearest to what comes, of equals the first told.
        ([Phrase("low", 1), Phrase("high", 9), Phrase("same", 1)], " same, low, high."),
        ([Phrase(" two \n words ")], " two words."),
    ],
)
def test_text(phrases: list[Phrase], text: str) -> None:
    assert text_of(*phrases) == text


def test_the_most_boosted_are_kept_where_not_all_fit() -> None:
    long = Phrase("x" * (MAX_PRIMER_TOKENS - 20), 5)
    assert text_of(Phrase("a" * 30, 1), long, Phrase("b" * 10)) == f" {'b' * 10}, {long.text}."


@given(st.lists(st.builds(Phrase, st.text(max_size=60), st.floats(0, 20)), max_size=100))
def test_it_is_never_longer_than_it_may_be(phrases: list[Phrase]) -> None:
    assert len(primer(phrases, as_codes, START)) <= MAX_PRIMER_TOKENS + 1
