"""The picture of `load`: how soon answers are heard, and what it costs, against the number of sessions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ops.bench.crowd.levels import RANKS, Level
from ops.bench.figures import percentiles


def draw(levels: Sequence[Level], path: Path, *, growing: bool) -> None:
    """Draw latency above, and processor time of services and generator below, into `path`."""
    # Imported here: half a second that only a picture needs.
    from matplotlib.figure import Figure

    sessions = [level.sessions for level in levels]
    figure = Figure(figsize=(8, 8), layout="constrained")
    latency, cores = figure.subplots(2, sharex=True)
    for name, values in latencies(levels).items():
        latency.plot(sessions, values, marker="o", label=name)
    for name, values in shares(levels).items():
        cores.plot(sessions, values, marker="o", label=name)
    how = "delays that grow with load" if growing else "delays constant in load"
    latency.set(title=f"simulated engines, {how}", ylabel="voice to voice, ms")
    latency.set_ylim(bottom=0)
    cores.set(xlabel="sessions at a time", ylabel="cores in use", xscale="log", xticks=sessions)
    cores.set_xticklabels([str(number) for number in sessions])
    for axes in (latency, cores):
        axes.grid(alpha=0.3)
        axes.legend()
    figure.savefig(path)


def latencies(levels: Sequence[Level]) -> dict[str, list[float]]:
    """Return a line for each percentile; not a number where nobody was answered."""
    return {
        f"p{rank}": [
            percentiles(level.answered_ms, RANKS).get(f"p{rank}", float("nan")) for level in levels
        ]
        for rank in RANKS
    }


def shares(levels: Sequence[Level]) -> dict[str, list[float]]:
    """Return a line for each service and one for the generator, in cores."""
    names = levels[0].cost.cpu
    found = {name: [level.cost.cpu[name] for level in levels] for name in names}
    return {**found, "generator": [level.seen.cpu_share for level in levels]}
