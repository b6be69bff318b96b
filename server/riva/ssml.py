"""SSML (W3C Speech Synthesis Markup Language 1.1) as the text that it marks up. Pure."""

from __future__ import annotations

import re
from xml.etree.ElementTree import ParseError, XMLParser

from antiphon.errors import InvalidInput

# What XML allows before the root: its declaration, instructions, comments, a document type.
_SPEAK = re.compile(r"(?>\s+|<\?.*?\?>|<!--.*?-->)*+<(?:speak[\s>/]|!DOCTYPE\s+speak\b)", re.DOTALL)
# What may not run into what comes before or after it.
_APART = frozenset({"break", "p", "s", "speak", "voice"})


def plain(text: str) -> str:
    """Return what is to be spoken of `text`: itself, or what a `<speak>` around it holds, without its tags.

    `<sub>` is spoken as its alias; how else it is to be spoken is ignored. Raises `InvalidInput` where a
    `<speak>` is no well-formed XML.
    """
    if not _SPEAK.match(text):
        return text
    # No document type is wanted of a client, for the entities that it may define grow without bound.
    if "<!DOCTYPE" in text:
        raise _malformed()
    found = _Speakable()
    parser = XMLParser(target=found)
    try:
        parser.feed(text.strip())
        parser.close()
    except ParseError:
        raise _malformed() from None
    return found.spoken


class _Speakable:
    """Gathers what the parser finds; no recursion, so any depth will do."""

    def __init__(self) -> None:
        self._said: list[str] = []
        self._aliased = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if self._aliased or (_local(tag) == "sub" and "alias" in attributes):
            if not self._aliased:
                self._said.append(attributes["alias"])
            self._aliased += 1
        self._keep_apart(tag)

    def end(self, tag: str) -> None:
        if self._aliased:
            self._aliased -= 1
        self._keep_apart(tag)

    def data(self, text: str) -> None:
        if not self._aliased:
            self._said.append(text)

    def close(self) -> None: ...

    @property
    def spoken(self) -> str:
        return " ".join("".join(self._said).split())

    def _keep_apart(self, tag: str) -> None:
        if _local(tag) in _APART:
            self._said.append(" ")


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _malformed() -> InvalidInput:
    return InvalidInput(
        "the SSML is not well-formed XML of elements and text", reason="SSML", param="text"
    )
