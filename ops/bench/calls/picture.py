"""The picture of `turns`: which share of the callers had been answered how soon."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ops.bench.calls.scores import Played


def draw(trusting: Sequence[Played], waiting: Sequence[Played], path: Path) -> None:
    """Draw both ways of answering into `path`; who got no answer counts among the callers."""
    # Imported here: half a second that only a picture needs.
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.subplots()
    for name, played in (("begun on trust", trusting), ("begun at the turn's end", waiting)):
        times, shares = answered(played)
        axes.step(times, shares, where="post", label=f"answers {name}")
    axes.set(
        xlabel="from the last voiced sample to the first sound of the answer, ms",
        ylabel="share of the callers",
        ylim=(0, 1),
    )
    axes.set_xlim(left=0)
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(path)


def answered(played: Sequence[Played]) -> tuple[list[float], list[float]]:
    """Return the times at which an answer was heard, rising, and the share of callers answered then."""
    times = sorted(ms for one in played if (ms := one.voice_to_voice_ms) is not None)
    shares = np.arange(1, len(times) + 1) / max(len(played), 1)
    return [0.0, *times], [0.0, *shares.tolist()]
