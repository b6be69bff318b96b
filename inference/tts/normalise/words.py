"""Plain words: what no topic has taken, letter for letter, and the pauses between them.

Other scripts than Latin are left out: this voice has no sounds for them.
"""

# ruff: noqa: RUF001, RUF002 - these characters are meant
from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from inference.tts.normalise.cardinals import integer
from inference.tts.normalise.found import Found, Part
from inference.tts.normalise.spelling import LATIN

_APOSTROPHES = "'’‘ʼ＇"
_TOKEN = re.compile(rf"[^\W_](?:[^\W_]|[\u0300-\u036f]|[{_APOSTROPHES}](?=[^\W_]))*")
_SAID = re.compile(rf"\d+|[{LATIN}](?:[{LATIN}]|[\u0300-\u036f]|')*")
# The first that stands between two words is the one that is spoken.
_PAUSES = (
    ("?", re.compile(r"[?？]")),
    ("!", re.compile(r"[!！]")),
    (",", re.compile(r"\.\.+|…")),
    (".", re.compile(r"[.。\n]")),
    (";", re.compile(r";")),
    (":", re.compile(r":")),
    (",", re.compile(r"[,，、()\[\]—–]|\s-+(?:\s|\Z)")),
)


def words(text: str, start: int, end: int) -> Iterator[Found]:
    """Find the words between two places of `text`; what is neither letter nor digit is dropped."""
    for token in _TOKEN.finditer(text, start, end):
        said = tuple(_said(token.group()))
        if said:
            yield Found(*token.span(), (Part(said, *token.span()),))


def pause(between: str) -> str:
    """Return the mark that is spoken for what stands between two words."""
    for mark, pattern in _PAUSES:
        if pattern.search(between):
            return mark
    return ""


def _said(token: str) -> Iterator[str]:
    """Yield the words of one token, its compatibility forms (𝐇𝐢, ２, ﬁ) replaced by plain ones."""
    for apostrophe in _APOSTROPHES:
        token = token.replace(apostrophe, "'")
    for match in _SAID.finditer(unicodedata.normalize("NFKC", token)):
        if match.group().isdecimal():
            yield from integer(match.group())
        else:
            yield match.group()
