"""Letters by their names and digits one by one."""

from __future__ import annotations

from inference.tts.normalise.found import Part
from inference.tts.normalise.spelling import digit, letter, spell


def test_letters_that_are_also_words_are_named() -> None:
    assert [letter(character) for character in "aIbé"] == ["eigh", "eye", "B", "É"]


def test_digits_of_any_script() -> None:
    assert [digit(character) for character in "7٢²"] == ["seven", "two", "two"]


def test_each_character_has_its_place() -> None:
    assert list(spell("a-1 !", 10)) == [
        Part(("eigh",), 10, 11),
        Part(("dash",), 11, 12),
        Part(("one",), 12, 13),
    ]
