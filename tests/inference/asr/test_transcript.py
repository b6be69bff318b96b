"""Joining pieces, and stable prefixes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.asr.transcript import join, stable_chars


def test_join() -> None:
    assert join(["One.", "", "Two."], "en") == "One. Two."
    assert join(["一", "二"], "zh") == "一二"
    assert join([], "en") == ""


@pytest.mark.parametrize(
    ("before", "now", "stable"),
    [
        ("", "They", ""),
        ("They swarmed", "They swarmed up", "They swarmed"),
        ("They swarm", "They swarmed up", "They"),
        ("they swarmed.", "They swarmed, up", "They swarmed"),
        ("I can", "I can't", "I"),
        ("So I think", "Some think", ""),
        ("the same", "the same", "the same"),
        ("more words before", "more", "more"),
    ],
)
def test_stable_words(before: str, now: str, stable: str) -> None:
    assert now[: stable_chars(before, now, "en")] == stable


@pytest.mark.parametrize(
    ("before", "now", "stable"),
    [("今日は", "今日の", "今日"), ("今日", "今日は", "今日"), ("今", "明", "")],
)
def test_stable_characters(before: str, now: str, stable: str) -> None:
    assert now[: stable_chars(before, now, "ja")] == stable


words = st.lists(st.sampled_from(["a", "B,", "b", "no.", "No", "yes"]), max_size=8).map(" ".join)


@given(words, words)
def test_the_stable_prefix_is_in_both(before: str, now: str) -> None:
    stable = now[: stable_chars(before, now, "en")].split()
    bare = [word.strip(",.").casefold() for word in before.split()]
    assert [word.strip(",.").casefold() for word in stable] == bare[: len(stable)]
