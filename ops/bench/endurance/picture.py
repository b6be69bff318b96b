"""The picture of `soak`: memory and descriptors against the number of sessions so far."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ops.bench.endurance.readings import KIB_PER_MIB, Reading


def draw(readings: Sequence[Reading], path: Path) -> None:
    """Draw each service's memory above, and its descriptors below, into `path`."""
    # Imported here: half a second that only a picture needs.
    from matplotlib.figure import Figure

    sessions = [one.sessions for one in readings]
    figure = Figure(figsize=(8, 8), layout="constrained")
    memory, descriptors = figure.subplots(2, sharex=True)
    for name in readings[0].held:
        held = [one.held[name] for one in readings]
        memory.plot(sessions, [one.rss_kb / KIB_PER_MIB for one in held], label=name)
        descriptors.plot(sessions, [one.descriptors for one in held], label=name)
    memory.set(title="after so many sessions, nobody there", ylabel="resident memory, MB")
    descriptors.set(xlabel="sessions", ylabel="descriptors")
    for axes in (memory, descriptors):
        axes.set_ylim(bottom=0)
        axes.grid(alpha=0.3)
        axes.legend()
    figure.savefig(path)
