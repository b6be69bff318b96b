"""Which words of a reply the caller has heard. Pure."""

from __future__ import annotations

from antiphon.v1 import synthesizer_pb2 as pb


class HeardWords:
    """Collects the words that a voice says, and cuts the text where the ear stopped."""

    def __init__(self) -> None:
        self._words: list[tuple[float, int]] = []

    def note(self, words: list[pb.SpokenWord]) -> None:
        """Note words in the order in which they are spoken."""
        self._words.extend((word.end_ms, word.span.end) for word in words)

    def cut(self, text: str, heard_ms: float) -> str:
        """Return `text` up to the last word that had ended by `heard_ms`."""
        end = 0
        for end_ms, span_end in self._words:
            if end_ms > heard_ms:
                break
            end = span_end
        return text[:end]
