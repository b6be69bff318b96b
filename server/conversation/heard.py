"""Which words of a reply the caller has heard. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from antiphon.v1 import synthesizer_pb2 as pb

# A voice's words leave out the marks behind them, which say whether something was asked.
_MARKS = re.compile(r"[^\w\s]*")


class HeardWords:
    """Collects the words that a voice says, and cuts the text where the ear stopped."""

    def __init__(self) -> None:
        self._words: list[pb.SpokenWord] = []

    def note(self, words: list[pb.SpokenWord]) -> None:
        """Note words in the order in which they are spoken."""
        self._words.extend(words)

    def cut(self, text: str, heard_ms: float) -> str:
        """Return `text` up to the last word that had ended by `heard_ms`."""
        end = 0
        for word in self._words:
            if word.end_ms > heard_ms:
                break
            end = word.span.end
        return text[:end]

    def between(self, text: str, from_ms: float, to_ms: float) -> str:
        """Return the words of `text` that sounded at any time between two positions, and their marks."""
        sounded = [word for word in self._words if word.end_ms > from_ms and word.start_ms < to_ms]
        if not sounded:
            return ""
        marks = _MARKS.match(text, sounded[-1].span.end)
        return text[sounded[0].span.start : marks.end() if marks else None]

    def word_start_ms(self, heard_ms: float) -> float:
        """Return where the word begins that sounds at `heard_ms`; between two words, `heard_ms`."""
        for word in self._words:
            if word.start_ms <= heard_ms < word.end_ms:
                return word.start_ms
        return heard_ms


@dataclass(frozen=True, slots=True)
class Heard:
    """What was heard of a reply, `until_ms` of its audio; of one that is only written, all of it."""

    text: str
    until_ms: float
    words: HeardWords
    spoken: bool = True

    def by(self, position_ms: float) -> str:
        """Return what had been heard by `position_ms`, to the word."""
        if position_ms >= self.until_ms or not self.spoken:
            return self.text
        return self.words.cut(self.text, position_ms)
