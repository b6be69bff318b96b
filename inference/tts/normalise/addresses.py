"""E-mail addresses, web addresses and file names."""

# ruff: noqa: SIM905 - word lists read best as text
from __future__ import annotations

import re
from collections.abc import Iterator

from inference.tts.normalise.found import Found, Part, pieces
from inference.tts.normalise.spelling import LATIN, spell

_DOMAIN = r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})\.)+[A-Za-z]{2,24}"
_TOP = (
    "com|org|net|edu|gov|mil|int|info|biz|io|ai|app|dev|co|uk|us|eu|de|fr|es|it|nl|ca|au|nz|ie|ch|at"
    "|be|in|jp"
)
_ENDING = r"(?<![.,;:!?'\")\]])"  # a full stop after an address is the sentence's
_PATTERNS = (
    re.compile(rf"(?<![\w.@])[\w.+-]{{1,64}}@{_DOMAIN}(?![\w@-])"),
    re.compile(rf"(?:https?://)(?:www\.)?(?P<said>[^\s<>\"]{{1,200}}){_ENDING}"),
    re.compile(
        rf"(?<![\w.@/-])(?:www\.)?(?P<said>(?:[a-z0-9][a-z0-9-]{{0,62}}\.)+(?:{_TOP})(?:/[^\s<>\"]{{0,200}})?)"
        rf"{_ENDING}(?![\w@-])",
        re.IGNORECASE,
    ),
    # report.pdf, Node.js; not "end.Then", where a space was forgotten
    re.compile(r"(?<![\w.@/-])[A-Za-z]\w{1,60}\.[a-z]\w{1,9}(?![\w@-]|\.\w)"),
)
# Of two or three letters, and said as words.
_WORDS = frozenset("com net org edu gov app dev the and for co my to of in on at is it or".split())
_PIECE = re.compile(rf"[{LATIN}]+|\d+|[-._/@+:#~]")
# What follows "?" or "#" is for machines.
_MACHINE = re.compile(r"[?#].*", re.DOTALL)
_MAX_SPELT = 3


def addresses(text: str) -> Iterator[Found]:
    """Find every address; the scheme, "www" and the query are not said."""
    for pattern in _PATTERNS:
        for match in pattern.finditer(text):
            start, end = match.span("said") if "said" in pattern.groupindex else match.span()
            said = _MACHINE.sub("", text[start:end]).rstrip("/")
            yield pieces(
                match, (part for piece in _PIECE.finditer(said) for part in _say(piece, start))
            )


def _say(piece: re.Match[str], offset: int) -> Iterator[Part]:
    """Yield a word as a word; digits, symbols and short abbreviations one by one."""
    text, start = piece.group(), offset + piece.start()
    if text.isalpha() and (len(text) > _MAX_SPELT or text.lower() in _WORDS):
        yield Part((text,), start, start + len(text))
    else:
        yield from spell(text, start)
