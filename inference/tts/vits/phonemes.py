"""Words and the IPA of their stretches to the characters a voice is fed, each with its word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from inference.tts.engine import Said
from inference.tts.vits.alignment import Share, align

# A stretch is one line to espeak-ng, which reads 990 bytes at once.
MAX_STRETCH_WORDS = 40
# The longest clauses, of 36 words, have some 230. The encoder takes 0.1 s for 250, 4 s for 1700.
MAX_PHONEMES = 250


class Phonemiser(Protocol):
    """Plain words to IPA; `Espeak` is one."""

    def phonemise(self, lines: Sequence[str]) -> list[str]:
        """Return the IPA of each line, groups of phonemes apart by spaces."""
        ...

    def alone(self, words: Sequence[str]) -> list[str]:
        """Return the IPA of each word as if it stood alone."""
        ...

    def close(self) -> None:
        """Release what it holds."""
        ...


@dataclass(frozen=True, slots=True)
class Phoneme:
    """One character of the voice's alphabet, and the index of the word it is a part of, if any."""

    character: str
    word: int | None = None


def spell(words: Sequence[Said], phonemiser: Phonemiser) -> list[Phoneme]:
    """Return the characters of a clause, as Coqui's own phonemiser puts them together.

    Punctuation is kept, and what stands between two marks is phonemised on its own.
    """
    parts = stretches(words)
    lines = phonemiser.phonemise([" ".join(words[index].text for index in part) for part in parts])
    spelt: list[Phoneme] = []
    for part, ipa in zip(parts, lines, strict=True):
        if spelt:
            spelt.append(Phoneme(" "))
        spelt += _stretch([words[index] for index in part], part.start, ipa.split(), phonemiser)
    return spelt


def breaths(spelt: Sequence[Phoneme]) -> list[Sequence[Phoneme]]:
    """Return the characters in parts that are spoken one after the other, cut between words.

    Usually one: but "1234 5678 ..." is a word a digit, and the text encoder's work grows with the square
    of its input while other callers wait.
    """
    parts: list[Sequence[Phoneme]] = []
    while len(spelt) > MAX_PHONEMES:
        place = _last_gap(spelt[: MAX_PHONEMES + 1])
        parts.append(spelt[:place])
        spelt = spelt[place:]
    return [*parts, spelt]


def _last_gap(spelt: Sequence[Phoneme]) -> int:
    """Return where best to cut: after the last mark of the later half, else at a space, else at the end."""
    later = range(len(spelt) - 1, len(spelt) // 2, -1)
    for wanted in (",;:.?!", " "):
        for index in later:
            if spelt[index].character in wanted:
                return index
    return len(spelt) - 1


def stretches(words: Sequence[Said]) -> list[range]:
    """Return the index ranges of words that no punctuation parts."""
    found: list[range] = []
    start = 0
    for index, word in enumerate(words):
        if word.mark or index + 1 == len(words) or index + 1 - start == MAX_STRETCH_WORDS:
            found.append(range(start, index + 1))
            start = index + 1
    return found


def _stretch(
    words: Sequence[Said], first: int, groups: Sequence[str], phonemiser: Phonemiser
) -> list[Phoneme]:
    spelt: list[Phoneme] = []
    for group, shares in zip(groups, _shares(words, groups, phonemiser), strict=True):
        if spelt:
            spelt.append(Phoneme(" "))
        owners = [first + word for word, length in shares for _ in range(length)]
        spelt += [Phoneme(*pair) for pair in zip(group, owners, strict=True)]
    mark = words[-1].mark
    return [*spelt, Phoneme(mark)] if mark and spelt else spelt


def _shares(
    words: Sequence[Said], groups: Sequence[str], phonemiser: Phonemiser
) -> list[list[Share]]:
    if len(groups) == len(words):
        return [[(index, len(group))] for index, group in enumerate(groups)]
    return align(groups, phonemiser.alone([word.text for word in words]))
