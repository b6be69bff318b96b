"""The turns of a data folder, each heard once from its start, and what was known at its labelled pauses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from math import inf

import numpy as np

from antiphon.audio import RECOGNITION_RATE_HZ, Int16
from ops.bench.endpoints.listening import Pause
from ops.bench.endpoints.rows import Kind, Row

# Longer than any policy waits.
FOLLOWS_S = 5.0


@dataclass(frozen=True, slots=True)
class Heard:
    """A labelled pause, and the pauses that the recogniser told of it: none where it heard none."""

    row: Row
    pauses: tuple[Pause, ...]


def turns(rows: Sequence[Row]) -> list[list[Row]]:
    """Return the rows by turn, in order of time."""
    ordered = sorted(rows, key=lambda row: (row.file, row.turn_start_s, row.start_ms))
    return [list(turn) for _, turn in groupby(ordered, lambda row: (row.file, row.turn_start_s))]


def audio(turn: Sequence[Row], clip: Int16, behind: Int16) -> Int16:
    """Return what the policies hear: the turn up to its last pause; after its end, the background only.

    Another speaker who answers in a recording of one channel is so left out.
    """
    start = int(turn[0].turn_start_s * RECOGNITION_RATE_HZ)
    end = start + int(turn[-1].end_ms * RECOGNITION_RATE_HZ / 1000)
    heard = clip[start:end]
    return np.concatenate([heard, behind]) if turn[-1].kind is Kind.END else heard


def assign(row: Row, pauses: Sequence[Pause]) -> Heard:
    """Return a labelled pause with those of its turn's that overlap it; with an end, the last."""
    if row.kind is Kind.END:
        return Heard(row, tuple(pause for pause in pauses if pause.until_ms == inf))
    overlapping = [
        pause for pause in pauses if pause.until_ms > row.start_ms and pause.end_ms < row.end_ms
    ]
    return Heard(row, tuple(overlapping))
