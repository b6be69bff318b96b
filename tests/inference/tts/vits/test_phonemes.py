"""Words and IPA to the characters a voice is fed."""

# ruff: noqa: RUF001 - these are letters of the phonetic alphabet
from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from inference.tts.engine import Said, Span
from inference.tts.vits.phonemes import (
    MAX_PHONEMES,
    MAX_STRETCH_WORDS,
    Phoneme,
    breaths,
    spell,
    stretches,
)

DICTIONARY = {"in": "ɪn", "the": "ðə", "sun": "sˈʌn", "go": "ɡˈoʊ"}


def words(text: str) -> list[Said]:
    said = [(word.rstrip(".,"), word[len(word.rstrip(".,")) :]) for word in text.split()]
    return [Said(word, Span(place, place + 1), mark) for place, (word, mark) in enumerate(said)]


class Spelling:
    """Looks words up, and joins "in the", as espeak-ng does."""

    def phonemise(self, lines: Sequence[str]) -> list[str]:
        joined = [" ".join(DICTIONARY.get(word, "") for word in line.split()) for line in lines]
        return [ipa.replace("ɪn ðə", "ɪnðə") for ipa in joined]

    def alone(self, words: Sequence[str]) -> list[str]:
        return [DICTIONARY.get(word, "") for word in words]

    def close(self) -> None: ...


def shown(spelt: list[Phoneme]) -> list[tuple[str, int | None]]:
    """Return neighbouring characters of one word together."""
    runs: list[tuple[str, int | None]] = []
    for phoneme in spelt:
        if runs and runs[-1][1] == phoneme.word:
            runs[-1] = (runs[-1][0] + phoneme.character, phoneme.word)
        else:
            runs.append((phoneme.character, phoneme.word))
    return runs


def test_words_marks_and_spaces() -> None:
    assert shown(spell(words("go, sun."), Spelling())) == [
        ("ɡˈoʊ", 0),
        (", ", None),
        ("sˈʌn", 1),
        (".", None),
    ]


def test_joined_words_are_told_apart() -> None:
    assert shown(spell(words("go in the sun"), Spelling())) == [
        ("ɡˈoʊ", 0),
        (" ", None),
        ("ɪn", 1),
        ("ðə", 2),
        (" ", None),
        ("sˈʌn", 3),
    ]


def test_what_has_no_sound_is_left_out() -> None:
    assert spell(words("xyz."), Spelling()) == []
    assert shown(spell(words("go xyz"), Spelling())) == [("ɡˈoʊ", 0)]


def test_stretches_end_at_marks_and_stay_short() -> None:
    assert stretches(words("a b, c d. e")) == [range(2), range(2, 4), range(4, 5)]
    long = stretches(words("a " * (MAX_STRETCH_WORDS + 1)))
    assert list(map(len, long)) == [MAX_STRETCH_WORDS, 1]


def lengths(text: str) -> list[int]:
    return [len(part) for part in breaths([Phoneme(character) for character in text])]


def test_a_usual_clause_is_spoken_in_one_breath() -> None:
    assert lengths("") == [0]
    assert lengths("a" * MAX_PHONEMES) == [MAX_PHONEMES]


def test_a_long_one_is_cut_at_a_mark_or_a_space_or_anywhere() -> None:
    assert lengths("a" * 200 + ", " + "b b" * 20) == [200, 62]
    assert lengths("a" * 200 + " " + "b" * 100) == [200, 101]
    assert lengths("a" * (2 * MAX_PHONEMES + 10)) == [MAX_PHONEMES, MAX_PHONEMES, 10]


@given(st.text("ab ,.", max_size=900))
def test_nothing_is_lost(text: str) -> None:
    parts = breaths([Phoneme(character) for character in text])
    assert "".join(phoneme.character for part in parts for phoneme in part) == text
    assert all(len(part) <= MAX_PHONEMES for part in parts)
