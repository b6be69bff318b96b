"""Text as written to words as spoken, each with the span of what was written for it."""

from __future__ import annotations

import re

from inference.tts.engine import Said, Span

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_MARK = re.compile(r"[,;:.?!]")


def normalise(text: str, offset: int = 0) -> list[Said]:
    """Return the words to speak for `text`, which begins at `offset` in the call's text."""
    said: list[Said] = []
    found = list(_WORD.finditer(text))
    for word, following in zip(found, [*found[1:], None], strict=True):
        gap = text[word.end() : following.start() if following else len(text)]
        mark = _MARK.search(gap)
        said.append(
            Said(word.group(), Span(offset + word.start(), offset + word.end()), mark.group() if mark else "")
        )
    return said
