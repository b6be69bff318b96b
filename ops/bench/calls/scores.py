"""Figures of a set of calls. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import Any

from ops.bench.calls.record import Record, Reply
from ops.bench.figures import percentiles, rounded
from ops.talk.report import hops

# What `overhead_ms` needs of a reply.
MARKS = {"committed", "first_token", "first_clause"}
ENGINES = {"first_token", "first_audio"}


@dataclass(frozen=True, slots=True)
class Played:
    """A clip and its call; `last_ms` is its last voiced sample."""

    name: str
    last_ms: float
    record: Record

    @property
    def reply(self) -> Reply | None:
        """The answer to the whole clip: the first that became audible after its last word."""
        return self.record.audible_after(self.last_ms)

    @property
    def voice_to_voice_ms(self) -> float | None:
        """From the last voiced sample to the answer's first sound."""
        reply = self.reply
        if reply is None or reply.audible_ms is None:
            return None
        return reply.audible_ms - self.last_ms

    @property
    def cut_off(self) -> bool:
        """Whether an answer was heard before the caller's last word."""
        return self.record.audible_before(self.last_ms)


def figures(
    trusting: Sequence[Played], waiting: Sequence[Played], heard_out: Sequence[Played]
) -> dict[str, Any]:
    """Return what MEASURES names for `turns`."""
    return {
        "voice_to_voice_ms": _spread(one.voice_to_voice_ms for one in trusting),
        "without_speculation.voice_to_voice_ms": _spread(one.voice_to_voice_ms for one in waiting),
        "cutoff_share": _share([one.cut_off for one in trusting]),
        "unanswered_share": _share([one.reply is None for one in trusting]),
        "hops_ms": _hops(trusting),
        "overhead_ms": percentiles(ms for one in heard_out if (ms := overhead_ms(one)) is not None),
        "speculation": _speculation(trusting, waiting),
    }


def overhead_ms(one: Played) -> float | None:
    """Return voice to voice, less the wait for the commit, less what the engines took.

    Label and endpointer may put the end of speech at different places, so what the caller timed and what
    the gateway marked are both counted from one piece of audio, the one in which the gateway has the end:
    from when the caller sent it, and from when it arrived. What remains is all that the gateway adds up to
    the caller's ear, with playout, outbox and line; so is that piece's way to the gateway, which neither
    clock sees alone. Engines: the first token and the first audio by their timing trailers, the rest of the
    first clause by the gateway's marks, and how quietly the voice begins. The wait for a final that comes
    after the commit is in it: a final's trailer is not told.
    """
    reply = one.reply
    if reply is None or reply.begun_ms is None or reply.speech_sent_ms is None:
        return None
    marks, engines = reply.timeline_ms, reply.engines_ms
    if not (marks.keys() >= MARKS and engines.keys() >= ENGINES):
        return None
    writing_ms = engines["first_token"] + marks["first_clause"] - marks["first_token"]
    since_sent_ms = reply.begun_ms - reply.speech_sent_ms
    return since_sent_ms - marks["committed"] - writing_ms - engines["first_audio"]


def _spread(values: Iterable[float | None]) -> dict[str, float]:
    found = [value for value in values if value is not None]
    return percentiles(found) | ({"max": rounded(max(found))} if found else {})


def _share(values: Sequence[bool]) -> float | None:
    return rounded(fmean(values)) if values else None


def _hops(played: Sequence[Played]) -> dict[str, float]:
    told = [dict(hops(one.reply.timeline_ms)) for one in played if one.reply is not None]
    names = dict.fromkeys(name for found in told for name in found)
    return {name: rounded(median(found[name] for found in told if name in found)) for name in names}


def _speculation(trusting: Sequence[Played], waiting: Sequence[Played]) -> dict[str, Any]:
    replies = [one.reply for one in trusting if one.reply is not None and one.reply.done]
    slow = {one.name: one.voice_to_voice_ms for one in waiting}
    saved = [
        before - after
        for one in trusting
        if (after := one.voice_to_voice_ms) is not None
        and (before := slow.get(one.name)) is not None
    ]
    return {
        "used": sum(bool(reply.speculation.get("used")) for reply in replies),
        "wasted": sum(reply.speculation.get("wasted", 0) for reply in replies),
        "saved_ms": rounded(median(saved)) if saved else None,
    }
