"""What the agent's last words ask the caller for. English; other languages are open. Pure."""

from __future__ import annotations

import re
from enum import StrEnum

from server.floor.transcript import words


class Expects(StrEnum):
    """The answer that is expected."""

    OPEN = "open"
    YES_NO = "yes_no"
    DICTATION = "dictation"


# What is said in groups with pauses between them.
_DICTATED = re.compile(
    r"\b(numbers?|digits?|codes?|pin|id|spell\w*|postcode|zip|e-?mail|address|date of birth"
    r"|birth ?date|serial|licen[cs]e plate|iban|reference)\b"
)
_REQUEST = re.compile(
    r"\?\s*$|\b(please|tell me|give me|enter|read|say|spell|need your|have your|what(?:'s| is) your)\b"
)
_AUXILIARIES = frozenset(
    words(
        """is are am was were do does did can could will would shall should may might must have has had
        isn't aren't wasn't don't doesn't didn't can't couldn't won't wouldn't shouldn't haven't hasn't
        that's"""
    )
)
# Before the question itself: "Great, so would you like ...?"
_LEADS = frozenset(
    words("""and so okay ok well great perfect alright right good thanks then now but sorry""")
)
_TAGS = frozenset({"right", "correct", "okay", "ok", "yes", "no"})
_SENTENCES = re.compile(r"(?<=[.?!])\s+")


def expects(agent_text: str) -> Expects:
    """Return what the last sentence of `agent_text` asks for."""
    sentences = [part for part in _SENTENCES.split(agent_text.strip()) if words(part)]
    if not sentences:
        return Expects.OPEN
    last = sentences[-1].lower()
    if _DICTATED.search(last) and _REQUEST.search(last):
        return Expects.DICTATION
    return Expects.YES_NO if last.endswith("?") and _is_polar(words(last)) else Expects.OPEN


def _is_polar(said: list[str]) -> bool:
    """Return whether a question is to be answered with yes or no, and not with a choice."""
    if "or" in said:
        return False
    rest = list(said)
    while rest and rest[0] in _LEADS and len(rest) > 1:
        rest.pop(0)
    return rest[0] in _AUXILIARIES or rest[-1] in _TAGS
