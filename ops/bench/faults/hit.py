"""A turn that a fault struck, and what its caller heard of it. Pure; times are ms of one clock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ops.bench.figures import percentiles, rounded


@dataclass(slots=True)
class Said:
    """A reply: what it says, when something of it was audible, and how it ended."""

    id: str
    text: str = ""
    heard_ms: list[float] = field(default_factory=list)
    status: str = ""
    done_ms: float | None = None

    @property
    def audible_ms(self) -> float | None:
        """When it was first audible."""
        return self.heard_ms[0] if self.heard_ms else None

    @property
    def failed(self) -> bool:
        """Whether it broke off."""
        return self.status == "failed"

    @property
    def whole(self) -> bool:
        """Whether it was said to its end, though that may be the longest that a reply may be."""
        return self.status in ("completed", "incomplete")


@dataclass(slots=True)
class Asked:
    """One question of one caller, whose voice is there from `begun_ms`, and whose turn ends at `ended_ms`."""

    begun_ms: float
    ended_ms: float
    replies: list[Said] = field(default_factory=list)
    lost: str = ""

    def answer(self, apology: str) -> Said | None:
        """Return the reply that answered: whole, and no apology."""
        for reply in self.replies:
            if reply.whole and reply.text.strip() not in ("", apology):
                return reply
        return None

    def hit(self, struck_ms: float, apology: str) -> bool:
        """Return whether the fault struck before the answer was heard, or broke it."""
        if struck_ms < self.begun_ms:
            return False
        if self.lost or any(self._broke(reply, struck_ms) for reply in self.replies):
            return True
        answer = self.answer(apology)
        return answer is None or answer.audible_ms is None or answer.audible_ms > struck_ms

    def silent_ms(self, struck_ms: float) -> float | None:
        """Return how long nothing was heard from the turn's end on, or from the fault where it was later.

        The rest of a reply that then breaks off is nothing. None: nothing was ever heard again.
        """
        from_ms = max(self.ended_ms, struck_ms)
        heard = (at_ms for reply in self.replies if not reply.failed for at_ms in reply.heard_ms)
        return min((at_ms - from_ms for at_ms in heard if at_ms >= from_ms), default=None)

    @staticmethod
    def _broke(reply: Said, struck_ms: float) -> bool:
        return reply.failed and reply.done_ms is not None and reply.done_ms >= struck_ms


@dataclass(frozen=True, slots=True)
class Blow:
    """One fault as it struck: the turns of all callers, and how long the appliance took to be ready again.

    `losses` says why sessions ended, one a session, since the fault before. `noticed_ms` is how long the
    gateway said that it was ready, None where it always did; `dead` how often it did not say that it lives.
    """

    fault: str
    struck_ms: float
    recovery_ms: float
    turns: Sequence[Asked]
    losses: Sequence[str] = ()
    noticed_ms: float | None = None
    dead: int = 0


def figures(blows: Sequence[Blow], apology: str, unheard_ms: float) -> dict[str, Any]:
    """Return what MEASURES names for `chaos`; who never heard anything again counts with `unheard_ms`."""
    names = dict.fromkeys(blow.fault for blow in blows)
    by_fault = {name: [blow for blow in blows if blow.fault == name] for name in names}
    return {
        "faults": {name: len(_hits(found, apology)) for name, found in by_fault.items()},
        "sessions_lost": _lost(blows),
        **_times(blows, apology, unheard_ms),
        "answered_share": _answered(blows, apology),
        "apologised_share": _apologised(blows, apology),
        "not_live": sum(blow.dead for blow in blows),
        "by_fault": {
            name: {
                "sessions_lost": _lost(found),
                **_times(found, apology, unheard_ms),
                "answered_share": _answered(found, apology),
                **_health(found),
            }
            for name, found in by_fault.items()
        },
    }


def _times(blows: Sequence[Blow], apology: str, unheard_ms: float) -> dict[str, Any]:
    heard = (turn.silent_ms(blow.struck_ms) for blow, turn in _hits(blows, apology))
    ranks = (50, 95, 100)
    return {
        "answer_ms": percentiles((unheard_ms if ms is None else ms for ms in heard), ranks),
        "recovery_ms": percentiles((blow.recovery_ms for blow in blows), ranks),
    }


def _health(blows: Sequence[Blow]) -> dict[str, Any]:
    noticed = [blow.noticed_ms for blow in blows if blow.noticed_ms is not None]
    return {
        "unready_share": _share(len(noticed), len(blows)),
        "unready_after_ms": percentiles(noticed, (50, 95, 100)),
    }


def _hits(blows: Iterable[Blow], apology: str) -> list[tuple[Blow, Asked]]:
    return [
        (blow, turn) for blow in blows for turn in blow.turns if turn.hit(blow.struck_ms, apology)
    ]


def _lost(blows: Iterable[Blow]) -> int:
    return sum(len(blow.losses) for blow in blows)


def _answered(blows: Sequence[Blow], apology: str) -> float | None:
    hits = _hits(blows, apology)
    return _share(sum(turn.answer(apology) is not None for _, turn in hits), len(hits))


def _apologised(blows: Sequence[Blow], apology: str) -> float | None:
    hits = _hits(blows, apology)
    told = sum(any(said.text.strip() == apology for said in turn.replies) for _, turn in hits)
    return _share(told, len(hits))


def _share(some: int, of: int) -> float | None:
    return rounded(some / of) if of else None


def losses(blows: Iterable[Blow]) -> Mapping[str, int]:
    """Return why sessions were lost, and how many for that."""
    return Counter(why for blow in blows for why in blow.losses)
