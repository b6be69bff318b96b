"""Figures of a set of calls. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import Any

from ops.bench.calls.record import Record, Reply
from ops.bench.figures import percentiles, rounded
from ops.talk.report import hops


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
    """Return what the gateway added: the time from commit to sound that no engine took."""
    reply, voice_to_voice_ms = one.reply, one.voice_to_voice_ms
    if reply is None or voice_to_voice_ms is None:
        return None
    marks, engines = reply.timeline_ms, reply.engines_ms
    needed = ("committed", "generation_started", "first_token", "first_clause", "first_audio")
    if any(name not in marks for name in needed) or "first_audio" not in engines:
        return None
    before_ms = marks["generation_started"] - marks["committed"]
    token_ms = marks["first_token"] - marks["generation_started"] - engines["first_token"]
    voice_ms = marks["first_audio"] - marks["first_clause"] - engines["first_audio"]
    # From the gateway's mark to the caller's ear, on the caller's clock of the reply.
    sent_ms = marks["audible"] - marks["first_audio"]
    return before_ms + token_ms + voice_ms + sent_ms


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
