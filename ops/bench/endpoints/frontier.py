"""The picture: what each policy pays in cut-offs for being quick, over all that it can be set to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from ops.bench.endpoints.policies import ModelAlone, held_out
from ops.bench.endpoints.scores import PolicyOf, always, figures
from ops.bench.endpoints.turns import Heard
from server.floor.endpointing import DEFAULT, PRESETS, FixedSilence
from server.floor.odds import Weights

Curve = list[tuple[float, float]]

SILENCES_MS = range(200, 1501, 100)
THRESHOLDS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.97, 0.98)
UNSURE_MS = 1000.0
ACCEPTED_LOG_ODDS = np.arange(-2.0, 2.01, 0.2)


def curves(heard: Sequence[Heard], weights: Mapping[str, Weights]) -> dict[str, Curve]:
    """Return by policy (mean commit in ms, share of inside pauses that were cut off) at each setting."""
    default = PRESETS[DEFAULT]
    ours = [replace(default, accepted_log_odds=float(odds)) for odds in ACCEPTED_LOG_ODDS]
    silences = [always(FixedSilence(ms)) for ms in SILENCES_MS]
    alone = [always(ModelAlone(threshold, UNSURE_MS)) for threshold in THRESHOLDS]
    return {
        "silence alone, 200 to 1500 ms": _curve(heard, silences),
        "Smart Turn alone at 200 ms, else 1000 ms": _curve(heard, alone),
        "ours, weights of other speakers": _curve(
            heard, [held_out(settings, weights) for settings in ours]
        ),
    }


def draw(heard: Sequence[Heard], weights: Mapping[str, Weights], path: Path) -> None:
    """Draw the curves into `path`."""
    # Imported here: half a second that only a picture needs.
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.subplots()
    for name, curve in curves(heard, weights).items():
        axes.plot(*zip(*curve, strict=True), marker="o", markersize=3, label=name)
    axes.set(
        xlabel="from the last voiced sample to the end of the turn, mean ms",
        ylabel="pauses within sentences that were cut off",
        ylim=(0, 1),
    )
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(path)


def _curve(heard: Sequence[Heard], policies: Sequence[PolicyOf]) -> Curve:
    found = [figures(heard, policy_of) for policy_of in policies]
    return [(one["commit_ms"]["mean"], one["cutoff_share"]) for one in found]
