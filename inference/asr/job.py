"""What a stream asks of the engine, and what it is answered."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from enum import IntEnum

from antiphon.timing import Timing
from inference.asr.engine import Hypothesis, Speech


class Urgency(IntEnum):
    """Who goes first: somebody waits for the end of an utterance, nobody for a partial."""

    FINAL = 0
    PARTIAL = 1


@dataclass(frozen=True, slots=True)
class Job:
    """Speech to decode: `take` returns it when its turn has come, or None if it is no longer wanted.

    It is charged to `stream`, which may be all of one caller's, about `seconds` long, and `bulk` where its
    audio runs ahead of real time. Only jobs of one `kind` are decoded together.
    """

    urgency: Urgency
    take: Callable[[], Speech | None]
    stream: Hashable = 0
    seconds: float = 0.0
    bulk: bool = False
    kind: Hashable = ()


@dataclass(frozen=True, slots=True)
class Decoded:
    """A hypothesis and how long it took."""

    hypothesis: Hypothesis
    timing: Timing
