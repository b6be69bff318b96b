"""What is said for a clause as a whole: precedence of topics, spans, marks, and any text at all."""

# ruff: noqa: RUF001 - these characters are meant
from __future__ import annotations

import re
import time
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from inference.tts.engine import Said, Span
from inference.tts.normalise import normalise
from inference.tts.normalise.spelling import LATIN


def said(text: str) -> str:
    """Return the words with their marks, as one line."""
    return " ".join(word.text + word.mark for word in normalise(text))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Hello, world!", "Hello, world!"),
        ("Your code is A-1042.", "Your code is eigh one zero four two."),
        ("Call 555-0199 at 5 p.m.", "Call five five five, zero one nine nine at five P M."),
        ("It is $3.50 (or 20%).", "It is three dollars and fifty cents, or twenty percent."),
        ("See example.com, please", "See example dot com, please"),
        ("Acme Inc.", "Acme incorporated."),
        ("**bold** `code` _it_ # a", "bold code it a"),
        ("I don’t know 👋🏽", "I don't know"),
        ("Yes — no", "Yes, no"),
        ("The 2nd of 3 on 3/4/2024", "The second of three on March fourth twenty twenty four"),
    ],
)
def test_words(text: str, words: str) -> None:
    assert said(text) == words


@pytest.mark.parametrize(
    "text", ["", " \n", "👋🏽🎉", "…", "***", "\u200b\ufeff", "™®", "（）", "你好。", "Привет!"]
)
def test_nothing_to_speak(text: str) -> None:
    assert normalise(text) == []


def test_spans_are_those_of_the_call() -> None:
    assert normalise("at 3.5.", offset=10) == [
        Said("at", Span(10, 12)),
        Said("three", Span(13, 16)),
        Said("point", Span(13, 16)),
        Said("five", Span(13, 16), "."),
    ]


def test_a_closing_mark_only_where_there_is_none() -> None:
    assert normalise("Hello", closing=".")[-1].mark == "."
    assert normalise("Hello?", closing=".")[-1].mark == "?"


# Of any size: one group again and again, since random ones are never all zeros.
GROUPED = st.builds(
    lambda sign, first, group, count, end: f"{sign}{first}{f',{group}' * count}{end}",
    st.sampled_from(["", "-", "$", "#"]),
    st.integers(0, 999),
    st.sampled_from(["000", "001", "999"]),
    st.integers(0, 12),
    st.sampled_from(["", "st", "th", "%", " km", ".50", " million", "-2", "/2"]),
)
ANYTHING = st.one_of(
    st.lists(GROUPED, max_size=8).map(" ".join),
    st.text(max_size=200),
    st.text("0123456789.,-+/:$€% aAbZ#@'’()–½²ptms\n", max_size=200),
    st.text("٣१５²½ Ⅷ①𝟏\u0301é你🎉", max_size=60),
)


@given(ANYTHING, st.integers(0, 1000))
@example(f"The 1{',000' * 6}th caller", 0)
def test_any_text(text: str, offset: int) -> None:
    words = normalise(text, offset)
    for word in words:
        assert offset <= word.span.start < word.span.end <= offset + len(text)
        assert word.text and re.fullmatch(rf"[{LATIN}\u0300-\u036f']+", word.text)
        assert word.mark in {"", ",", ";", ":", ".", "?", "!"}
    starts = [(word.span.start, word.span.end) for word in words]
    assert starts == sorted(starts)
    for before, after in pairwise(words):
        assert before.span == after.span or before.span.end <= after.span.start


@given(st.text("🎉👋🏽✨😀\u200d\ufe0f ", max_size=50))
def test_emoji_are_dropped(text: str) -> None:
    assert normalise(text) == []


@pytest.mark.parametrize(
    "unit", ["A", "0", "a.b", "A1", "-", "1,", "+1 ", "a@", "1/", "(", "A-", "1-", "$", "'"]
)
def test_no_text_takes_long(unit: str) -> None:
    text = (unit * 400)[:400]
    started = time.process_time()
    normalise(text)
    # Half a millisecond is usual. A pattern that backtracks takes minutes: this tells those two apart.
    assert time.process_time() - started < 2
