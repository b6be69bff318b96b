"""Cuts text into clauses as it arrives, holding back whatever the next piece could still change.

A clause is what the voice speaks in one go. Longer ones sound better; a short first one sounds sooner. So
the first may end at any comma, later ones only where they have some length, and a clause without a mark is
cut between words in the end. "3.5", "Dr. Smith", "sarah@example.com" and "e.g. this" are never cut.
"""

# ruff: noqa: RUF001, SIM905 - these characters are meant, and word lists read best as text
from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

# A first clause this long is worth speaking at once; "Well," alone would leave a gap after it.
FIRST_WORDS = 3
# Later ones have time: the voice is still speaking the clause before.
LATER_WORDS = 8
# Without any mark: so many words are waited for, and so many of them are then spoken, so that what is left
# is not one or two. 15 words are 0.7 s of writing for a small language model on a CPU; the encoder needs
# for 10 not much more than for 5. Later ones: 30 words are 10 s of speech.
FIRST_LIMIT = (15, 10)
LATER_LIMIT = (36, 30)
# Text without spaces is no language this voice speaks; espeak-ng reads 990 bytes at once.
MAX_CHARACTERS = 400
# A cut without a mark sounds best before one of these, if the clause then has some length.
MIN_FORCED_WORDS = 5
_OPENERS = frozenset(
    "and or but because so that which who when where while if then than as to with for from in on at "
    "by of about after before since until into over under without".split()
)

# Never the end of a sentence, since something must follow.
_TITLES = frozenset(
    "mr mrs ms dr prof st mt gen sen rep lt col capt sgt rev hon vs e.g i.e approx cf".split()
)
# The end of a sentence only where a capital follows.
_MAYBE = frozenset(
    "a.m p.m etc inc ltd co corp jr sr u.s u.k e.u dept est ave rd blvd apt ext "
    "jan feb mar apr jun jul aug sep sept oct nov dec mon tue wed thu fri sat sun".split()
)
# Not the end where a digit follows: "No. 5".
_NUMBERED = frozenset("no nos fig vol ch pp p sec art".split())

_BREAK = re.compile(
    r"""(?P<line>\n\s*)
      | (?P<stop>[.?!…]+)["'”’)\]]*(?=\s)
      | (?P<pause>[,;:]["'”’)\]]*|[-–—]+)(?=\s)
    """,
    re.VERBOSE,
)
_WORD = re.compile(r"\S*\w\S*")
_LAST = re.compile(r"[^\s(\[\"'“‘]*\Z")


@dataclass(frozen=True, slots=True)
class Clause:
    """A stretch of the call's text that is spoken in one go, where it begins, and how it closes."""

    text: str
    start: int
    mark: str = ""  # spoken at its end where the text itself has no punctuation there

    @property
    def end(self) -> int:
        """First code point after it."""
        return self.start + len(self.text)


class _Cut(NamedTuple):
    length: int
    mark: str = ""


class Clauser:
    """Feed it text in pieces of any size; it returns the clauses whose end is known."""

    def __init__(self) -> None:
        self._held = ""
        self._start = 0
        self._first = True

    def feed(self, text: str) -> list[Clause]:
        """Return the clauses that are complete after `text`."""
        self._held += text
        clauses: list[Clause] = []
        while (cut := self._next_cut()) is not None:
            clauses += self._take(cut)
        return clauses

    def flush(self) -> list[Clause]:
        """Return what was held back; the next clause is a first one again."""
        clauses = self._take(_Cut(len(self._held), "."))
        self._first = True
        return clauses

    def _next_cut(self) -> _Cut | None:
        window = self._held[: MAX_CHARACTERS + 1]
        limit, wanted = FIRST_LIMIT if self._first else LATER_LIMIT
        for found in _BREAK.finditer(window):
            words = count(window[: found.start()])
            if words > limit:
                break
            if found["line"]:
                return _Cut(found.end(), ".")
            ends = _ends_sentence(window, found) if found["stop"] else self._worth(words)
            if ends is None and len(window) <= MAX_CHARACTERS:
                return None
            if ends and words:
                return _Cut(found.end())
        return _forced(window, limit, wanted)

    def _worth(self, words: int) -> bool:
        return words >= (FIRST_WORDS if self._first else LATER_WORDS)

    def _take(self, cut: _Cut) -> list[Clause]:
        text, self._held = self._held[: cut.length], self._held[cut.length :]
        start, self._start = self._start, self._start + len(text)
        stripped = text.strip()
        if not stripped:
            return []
        self._first = False
        return [Clause(stripped, start + text.index(stripped), cut.mark)]


def _ends_sentence(text: str, found: re.Match[str]) -> bool | None:
    """Return whether a stop ends a sentence, or None until what follows it is there."""
    if found["stop"] != ".":
        return True
    before = text[: found.start()].strip()
    last = _LAST.search(before)
    word = last.group().lower() if last else ""
    following = text[found.end() :].lstrip()[:1]
    if word in _TITLES or (len(word) == 1 and word.isalpha() and word != "i"):
        return False
    if word in _MAYBE:
        return following.isupper() if following else None
    if word in _NUMBERED:
        return not following.isdigit() if following else None
    return not (word == before and word.isdigit())  # "1. Open the box"


def _forced(window: str, limit: int, wanted: int) -> _Cut | None:
    """Return where to cut text that goes on for too long without a mark, if it does."""
    words = list(_WORD.finditer(window))
    if len(words) <= limit and len(window) <= MAX_CHARACTERS:
        return None
    places = words[MIN_FORCED_WORDS : wanted + 1]
    openers = [word for word in places if word.group().lower() in _OPENERS]
    best = (openers or places or words)[-1:]
    return _Cut(best[0].start() if best and best[0].start() else len(window))


def count(text: str) -> int:
    """Return how many words `text` has."""
    return sum(1 for _ in _WORD.finditer(text))
