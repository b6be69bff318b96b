"""Whose phonemes are whose."""

# ruff: noqa: RUF001 - these are letters of the phonetic alphabet
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.tts.vits.alignment import align, distance


def shared(groups: str, alone: str) -> list[str]:
    """Return each word with the characters that were found to be its own."""
    found: dict[int, str] = {}
    words = alone.split("|")
    for group, shares in zip(groups.split(), align(groups.split(), words), strict=True):
        place = 0
        for word, length in shares:
            found[word] = found.get(word, "") + group[place : place + length]
            place += length
    return [found.get(index, "") for index in range(len(words))]


@pytest.mark.parametrize(
    ("groups", "alone", "shares"),
    [
        # "in the house of the sun"
        (
            "ɪnðə hˈaʊs ʌvðə sˈʌn",
            "ˈɪn|ðə|hˈaʊs|ˈʌv|ðə|sˈʌn",
            ["ɪn", "ðə", "hˈaʊs", "ʌv", "ðə", "sˈʌn"],
        ),
        # a word that espeak-ng spells
        ("ðə ˈeɪ bˈiː nˈaʊ", "ðə|ˈeɪ bˈiː|nˈaʊ", ["ðə", "ˈeɪbˈiː", "nˈaʊ"]),
        # a word that has no sound
        ("ðə nˈaʊ", "ðə||nˈaʊ", ["ðə", "", "nˈaʊ"]),
        ("nˈaʊ", "nˈaʊ|", ["nˈaʊ", ""]),
        # nothing at all
        ("", "ðə|nˈaʊ", ["", ""]),
        # more than anybody has asked for
        ("ˈeɪ bˈiː sˈiː dˈiː ˈiː", "ɛks", ["ˈeɪbˈiːsˈiːdˈiːˈiː"]),
    ],
)
def test_align(groups: str, alone: str, shares: list[str]) -> None:
    assert shared(groups, alone) == shares


IPA = st.text("aɪnðəˈː", max_size=6)


@given(st.lists(IPA.filter(bool), max_size=8), st.lists(IPA, min_size=1, max_size=8))
def test_every_character_has_one_word_in_order(groups: list[str], alone: list[str]) -> None:
    found = align(groups, alone)
    assert [sum(length for _, length in shares) for shares in found] == list(map(len, groups))
    owners = [word for shares in found for word, _ in shares]
    assert owners == sorted(owners)
    assert all(length >= 0 for shares in found for _, length in shares)


@pytest.mark.parametrize(
    ("one", "other", "far"), [("", "", 0), ("ab", "", 2), ("abc", "axc", 1), ("bc", "abc", 1)]
)
def test_distance(one: str, other: str, far: int) -> None:
    assert distance(one, other) == distance(other, one) == far
