"""What was measured at each number of sessions, as figures. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import Any

from ops.bench.crowd.generators import Seen
from ops.bench.crowd.meter import Cost
from ops.bench.figures import percentiles, rounded
from ops.supervisor.plan import GATEWAY

RANKS = (50, 95, 99)
# Of the cores there are, or of the one that the gateway's loop has: nothing is left for a burst.
BUSY_SHARE = 0.85
# Of all cores, by whoever else is on the machine: then the figures are not this appliance's.
OTHERS_SHARE = 0.15
# A frame of speech; later, and what is measured is the generator.
LATE_MS = 20.0


@dataclass(frozen=True, slots=True)
class Level:
    """A number of sessions, what its callers saw, and what it cost."""

    sessions: int
    seen: Seen
    cost: Cost

    @property
    def answered_ms(self) -> list[float]:
        """Voice to voice of the turns that were answered."""
        found = (turn.voice_to_voice_ms for turn in self.seen.turns)
        return [ms for ms in found if ms is not None]

    @property
    def p95_ms(self) -> float | None:
        """Of voice to voice; None without an answer."""
        return percentiles(self.answered_ms, (95,)).get("p95")

    @property
    def unanswered_share(self) -> float | None:
        """Of the turns; None without a turn."""
        turns = self.seen.turns
        return rounded(1 - len(self.answered_ms) / len(turns)) if turns else None

    @property
    def others_cpu(self) -> float:
        """How many cores worked for neither the appliance nor its callers."""
        ours = sum(self.cost.cpu.values()) + self.seen.cpu_share
        return max(self.cost.machine_cpu - ours, 0.0)

    @property
    def carried(self) -> bool:
        """Whether every session was there to the end, and answered."""
        answered = len(self.answered_ms) == len(self.seen.turns)
        return self.seen.talking == self.sessions and answered

    def bounded_by(self, cores: int, services: int) -> str:
        """Return what there was no more of; empty where there was enough of everything.

        Of all `cores` the services have so many: fewer than all where callers have others.
        """
        cpu, seen = self.cost.cpu, self.seen
        working = sum(cpu.values()) + (seen.cpu_share if services == cores else 0.0)
        if self.others_cpu / cores >= OTHERS_SHARE:
            return f"other work on this machine: it took {self.others_cpu:.2f} of {cores} cores"
        if working / services >= BUSY_SHARE:
            return (
                f"the processor: {services} of {cores} cores are the services', and busy, "
                f"{_shares(cpu, seen.cpu_share)}"
            )
        if cpu[GATEWAY] >= BUSY_SHARE:
            return f"the one core that the gateway's loop has: {_shares(cpu, seen.cpu_share)}"
        if seen.late_ms >= LATE_MS:
            return f"the generator: its loop was {seen.late_ms:.0f} ms late (p99)"
        if self.cost.lag_p99_ms >= LATE_MS:
            return f"the gateway's loop: {self.cost.lag_p99_ms:.0f} ms late (p99)"
        if seen.behind_ms >= LATE_MS:
            return (
                f"the recogniser or the gateway: audio was taken {seen.behind_ms:.0f} ms late (p99)"
            )
        return ""


def figures(levels: Sequence[Level], idle_mb: float) -> dict[str, Any]:
    """Return what MEASURES names for `load`: of the last level, beside the first, which is one session."""
    one, last = levels[0], levels[-1]
    turns = last.seen.turns
    return {
        "sessions": last.sessions,
        "voice_to_voice_ms": percentiles(last.answered_ms, RANKS),
        "one_session.voice_to_voice_ms": percentiles(one.answered_ms, RANKS),
        "ratio_to_one": ratio(last.p95_ms, one.p95_ms),
        "added_ms": percentiles(added_ms(last, one), RANKS),
        "turns": len(turns),
        "unanswered_share": last.unanswered_share,
        "cutoff_share": rounded(fmean(t.cut_off for t in turns)) if turns else None,
        "lost": sum(last.seen.lost.values()),
        "loop_lag_ms": {"p50": last.cost.lag_p50_ms, "p99": last.cost.lag_p99_ms},
        "cpu": cpu(last),
        "rss_mb_per_session": rounded((last.cost.rss_mb - idle_mb) / last.sessions),
        "by_sessions": {level.sessions: _short(level) for level in levels},
    }


def door(seen: Seen) -> dict[str, Any]:
    """Return what became of callers for whom there was no room; times are None where nobody was refused."""
    ranks = (50, 95, 100)
    refusal_ms = percentiles(seen.refused_ms, ranks)
    return {
        "refused": len(seen.refused_ms),
        "refusal_ms": refusal_ms or {f"p{rank}": None for rank in ranks},
        "let_in_over_capacity": seen.admitted,
        "refused_otherwise": seen.otherwise,
    }


def refusals(seen: Seen, before: Level) -> dict[str, Any]:
    """Return what became of those at the door, and of those who talked meanwhile."""
    during = Level(before.sessions, seen, before.cost)
    return {
        **door(seen),
        "admitted_lost": sum(seen.lost.values()),
        "admitted_unanswered_share": during.unanswered_share,
        "admitted_p95_ratio": ratio(during.p95_ms, before.p95_ms),
        "admitted_added_ms": percentiles(added_ms(during, before), RANKS),
    }


def added_ms(level: Level, base: Level) -> list[float]:
    """Return how much later each answer was than `base`'s median to the same question."""
    usual: dict[str, list[float]] = {}
    for turn in base.seen.turns:
        if turn.voice_to_voice_ms is not None:
            usual.setdefault(turn.question, []).append(turn.voice_to_voice_ms)
    return [
        turn.voice_to_voice_ms - median(usual[turn.question])
        for turn in level.seen.turns
        if turn.voice_to_voice_ms is not None and turn.question in usual
    ]


def ratio(value: float | None, base: float | None) -> float | None:
    """Return one over the other, where both are known."""
    return rounded(value / base) if value is not None and base else None


def _short(level: Level) -> dict[str, Any]:
    return {
        **percentiles(level.answered_ms, RANKS),
        "turns": len(level.seen.turns),
        "loop_lag_p99_ms": level.cost.lag_p99_ms,
        "cpu": cpu(level),
        "generator_late_p99_ms": rounded(level.seen.late_ms),
        "audio_taken_late_p99_ms": rounded(level.seen.behind_ms),
    }


def cpu(level: Level) -> dict[str, float]:
    """Return cores by service, those of the generator, and those that other work took."""
    shares = {**level.cost.cpu, "generator": level.seen.cpu_share, "others": level.others_cpu}
    return {name: rounded(share) for name, share in shares.items()}


def _shares(cpu: dict[str, float], generator: float) -> str:
    return ", ".join(
        f"{name} {share:.2f}" for name, share in {**cpu, "generator": generator}.items()
    )
