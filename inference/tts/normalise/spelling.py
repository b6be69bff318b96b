"""Letters by their names and digits one by one, as codes, numbers and addresses are read out."""

# ruff: noqa: SIM905 - word lists read best as text
from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from inference.tts.normalise.found import Part

# Letters that an English voice can say something for; it calls any other "Chinese letter" or its like.
LATIN = "A-Za-z\u00aa\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff"
_LATIN = re.compile(f"[{LATIN}]")
# espeak-ng names a single letter rightly, but for these two, which are also words.
_ALSO_WORDS = {"A": "eigh", "I": "eye"}
DIGITS = "zero one two three four five six seven eight nine".split()
SYMBOLS = {
    ".": "dot",
    "-": "dash",
    "_": "underscore",
    "/": "slash",
    "@": "at",
    "+": "plus",
    ":": "colon",
    "#": "hash",
    "~": "tilde",
}


def letter(character: str) -> str:
    """Return the word that is spoken as the name of a letter."""
    upper = character.upper()
    return _ALSO_WORDS.get(upper, upper)


def digit(character: str) -> str:
    """Return the word for one digit of any script."""
    return DIGITS[unicodedata.digit(character, 0)]


def spell(text: str, start: int) -> Iterator[Part]:
    """Yield a part for each letter, digit and known symbol of `text`, which stands at `start`."""
    for place, character in enumerate(text, start):
        if _LATIN.match(character):
            yield Part((letter(character),), place, place + 1)
        elif character.isdigit():
            yield Part((digit(character),), place, place + 1)
        elif character in SYMBOLS:
            yield Part((SYMBOLS[character],), place, place + 1)
