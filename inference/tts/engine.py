"""What a voice engine is, and the values that pass between it and the service."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from antiphon.audio import Int16


@dataclass(frozen=True, slots=True)
class Span:
    """Unicode code points of the call's text, from `start` up to but not including `end`."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Said:
    """One word as it is spoken: letters and apostrophes only, never a digit or a symbol."""

    text: str
    span: Span  # of what was written for it; several words may share one ("3.5")
    mark: str = ""  # the punctuation spoken after it: none, or one of , ; : . ? !


@dataclass(frozen=True, slots=True)
class TimedWord:
    """When one word sounds, in ms from the first sample of its clause."""

    span: Span
    start_ms: float
    end_ms: float


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a clause's audio at the engine's own rate.

    The first piece of a clause holds the times of all its words: durations are known before the audio.
    """

    samples: Int16
    words: tuple[TimedWord, ...] = ()


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """What an engine runs, as `GetInfo` tells it."""

    name: str
    sample_rate_hz: int
    capabilities: tuple[str, ...]
    simulated: bool = False


class Engine(Protocol):
    """Blocking: every method is called from one thread at a time, and never from the event loop."""

    @property
    def info(self) -> EngineInfo:
        """What it runs; constant."""
        ...

    def speak(self, words: Sequence[Said], speed: float) -> Iterator[Piece]:
        """Yield the audio of one clause, piece by piece; dropping the iterator abandons the rest."""
        ...

    def close(self) -> None:
        """Release what it holds; no other method may be called after it."""
        ...
