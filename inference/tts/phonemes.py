"""Words and the IPA of their stretches to the characters a voice is fed, each with the word it belongs to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from inference.tts.engine import Said

# A stretch is one line to espeak-ng, which reads 990 bytes at once; real words are far shorter than 20.
MAX_STRETCH_WORDS = 40


@dataclass(frozen=True, slots=True)
class Phoneme:
    """One character of the voice's alphabet, and the index of the word it is a part of, if any."""

    character: str
    word: int | None


def stretches(words: Sequence[Said]) -> list[range]:
    """Return the index ranges of words that no punctuation parts: each is phonemised on its own."""
    found: list[range] = []
    start = 0
    for index, word in enumerate(words):
        if word.mark or index + 1 == len(words) or index + 1 - start == MAX_STRETCH_WORDS:
            found.append(range(start, index + 1))
            start = index + 1
    return found


def spell(words: Sequence[Said], stretch: range, ipa: str) -> list[Phoneme]:
    """Return the characters of one stretch, its closing mark included."""
    groups = ipa.split()
    owners = share(len(groups), stretch)
    spelt: list[Phoneme] = []
    for group, owner in zip(groups, owners, strict=True):
        if spelt:
            spelt.append(Phoneme(" ", None))
        spelt.extend(Phoneme(character, owner) for character in group)
    mark = words[stretch[-1]].mark
    return [*spelt, Phoneme(mark, None)] if mark else spelt


def share(groups: int, stretch: range) -> list[int]:
    """Return which word each group of phonemes belongs to."""
    return [stretch[min(index * len(stretch) // max(groups, 1), len(stretch) - 1)] for index in range(groups)]
