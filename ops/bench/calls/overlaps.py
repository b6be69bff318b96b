"""Speech over a reply, as figures. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from ops.bench.calls.loudspeaker import Listened
from ops.bench.calls.record import Reply
from ops.bench.figures import percentiles, rounded

# MEASURES: these are to leave the reply alone, and these to stop it.
LISTENING = frozenset({"backchannel", "vocalisation", "noise"})
SPEAKING = frozenset({"short", "turn"})
YIELD_MS = 1000.0


@dataclass(frozen=True, slots=True)
class Overlap:
    """One clip that was played over a reply; `onset_ms` is its first voice, or its beginning without any."""

    name: str
    kind: str
    voiced: bool
    onset_ms: float
    end_ms: float
    record: Listened

    @property
    def reply(self) -> Reply | None:
        """The reply that it was played over, if that was heard in time."""
        replies = self.record.replies
        audible_ms = replies[0].audible_ms if replies else None
        return replies[0] if audible_ms is not None and audible_ms < self.onset_ms else None

    @property
    def stopped_ms(self) -> float | None:
        """How long after the onset the reply was ended for speech; negative where that was before."""
        reply = self.reply
        if reply is None or reply.done is None or reply.done_ms is None:
            return None
        if (reply.done.get("status_details") or {}).get("reason") != "turn_detected":
            return None
        return reply.done_ms - self.onset_ms

    @property
    def yielded(self) -> bool:
        """Whether the reply was ended in time."""
        return self.stopped_ms is not None and self.stopped_ms <= YIELD_MS

    @property
    def silence_ms(self) -> float | None:
        """How long after the onset the caller still heard the reply.

        MEASURES defines it for any voice over a reply, not only where the reply yielded. So one that was
        never silent under speech that is to stop it counts with all the time for which it was listened to,
        and is named beside the figure: left out, failures would improve the percentiles. None without a
        voice, and where a reply sounded on under what is to leave it alone.
        """
        if not self.voiced:
            return None
        silent_ms = self.record.silent_ms(self.onset_ms, self.end_ms)
        if silent_ms is None:
            return self.end_ms - self.onset_ms if self.kind in SPEAKING else None
        return silent_ms - self.onset_ms

    @property
    def never_silent(self) -> bool:
        """Whether the reply sounded on under speech that was to stop it."""
        speaks = self.voiced and self.kind in SPEAKING
        return speaks and self.record.silent_ms(self.onset_ms, self.end_ms) is None

    @property
    def server_stop_ms(self) -> float | None:
        """How long audible packets still came after the gateway had told that it is silent.

        `last_packet_after_decision_ms` says what this bounds.
        """
        return self.record.last_packet_after_decision_ms(self.onset_ms)

    @property
    def ducked_before(self) -> bool:
        """Whether the reply fell silent for something before the clip's voice."""
        spoke = self.reply.audible_ms if self.reply is not None else None
        return spoke is not None and any(
            state == "listening" and spoke <= at < self.onset_ms
            for at, state in self.record.states_ms
        )


def figures(overlaps: Sequence[Overlap]) -> dict[str, Any]:
    """Return what MEASURES names for `interrupt`."""
    heard = [one for one in overlaps if one.reply is not None]
    speaking = [one for one in heard if one.kind in SPEAKING]
    listening = [one for one in heard if one.kind in LISTENING]
    stops = [one.stopped_ms for one in speaking if one.yielded]
    return {
        "silence_ms": percentiles(_known(one.silence_ms for one in speaking)),
        "never_silent_share": _share([one.never_silent for one in speaking if one.voiced]),
        "server_stop_ms": percentiles(_known(one.server_stop_ms for one in heard)),
        "false_stop_share": _share([one.stopped_ms is not None for one in listening]),
        "yield_share": _share([one.yielded for one in speaking]),
        "stop_ms": percentiles(_known(stops)),
        "by_kind": _by_kind(heard),
        "ducked_before_share": _share([one.ducked_before for one in heard]),
    }


def wrong(overlaps: Sequence[Overlap]) -> dict[str, Any]:
    """Return which clips were judged wrongly, and which could not be."""
    heard = [one for one in overlaps if one.reply is not None]
    return {
        "false_stops": [one.name for one in heard if one.kind in LISTENING and one.stopped_ms],
        "missed": [one.name for one in heard if one.kind in SPEAKING and not one.yielded],
        "never_silent": [one.name for one in heard if one.never_silent],
        "reply_not_heard_in_time": len(overlaps) - len(heard),
        "caller_late_ms": percentiles(one.record.late_ms for one in overlaps),
    }


def _by_kind(heard: Sequence[Overlap]) -> dict[str, Any]:
    kinds = dict.fromkeys(one.kind for one in heard)
    found: dict[str, Any] = {}
    for kind in kinds:
        ours = [one for one in heard if one.kind == kind]
        found[kind] = {
            "clips": len(ours),
            "ducked_share": _share([one.server_stop_ms is not None for one in ours]),
            "stopped_share": _share([one.stopped_ms is not None for one in ours]),
            "silence_ms": percentiles(_known(one.silence_ms for one in ours)),
        }
    return found


def _known(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None]


def _share(values: Sequence[bool]) -> float | None:
    return rounded(fmean(values)) if values else None
