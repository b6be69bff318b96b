"""What the wait for an answer went to, hop by hop. Pure.

What is begun on trust runs while it is still judged whether the caller is done. A hop is therefore what it
took *longer* than everything before it: pieces of one line from the caller's last voice to the first sound of
the answer, whose sum is the whole. Where the answer was ready when the turn was given, they end with `final`.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from server.conversation.timeline import Mark


class Hop(StrEnum):
    """The pieces, in order."""

    ENDPOINT = "endpoint"  # until it was decided that the caller is done
    FINAL = "final"  # until it was certain what was said
    FIRST_TOKEN = "first_token"
    FIRST_CLAUSE = "first_clause"  # until the voice had words to say
    FIRST_AUDIO = "first_audio"
    PLAYOUT = "playout"  # until it left for the caller


ENDS = {
    Hop.ENDPOINT: Mark.COMMITTED,
    Hop.FINAL: Mark.FINAL,
    Hop.FIRST_TOKEN: Mark.FIRST_TOKEN,
    Hop.FIRST_CLAUSE: Mark.FIRST_CLAUSE,
    Hop.FIRST_AUDIO: Mark.FIRST_AUDIO,
    Hop.PLAYOUT: Mark.AUDIBLE,
}


def hops(marks: Mapping[Mark, float]) -> dict[Hop, tuple[float, float]]:
    """Return from when to when each hop of a turn lasted; nothing where no answer to speech was heard.

    Times are those of `marks`. A hop without a mark took no time of its own, and is left out.
    """
    begin, end = marks.get(Mark.SPEECH_ENDED), marks.get(Mark.AUDIBLE)
    if begin is None or end is None:
        return {}
    found = {}
    for hop, mark in ENDS.items():
        if mark in marks:
            reached = min(max(marks[mark], begin), max(end, begin))
            found[hop] = (begin, reached)
            begin = reached
    return found


def voice_to_voice(marks: Mapping[Mark, float]) -> float | None:
    """Return how long the caller waited, in the unit of `marks`; None where no answer was heard."""
    begin, end = marks.get(Mark.SPEECH_ENDED), marks.get(Mark.AUDIBLE)
    return None if begin is None or end is None else max(end - begin, 0.0)
