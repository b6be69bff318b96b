"""What a voice engine is, and the values that pass between it and the service."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from antiphon.audio import Int16
from inference.tts.stage import AnyStage


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

    A piece holds the times of words that begin in it or after it: durations are known before the audio.
    """

    samples: Int16
    words: tuple[TimedWord, ...] = ()


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """What an engine runs, as `GetInfo` and `ListVoices` tell it."""

    name: str
    language: str  # BCP 47
    sample_rate_hz: int
    capabilities: tuple[str, ...] = ("streaming", "word_times")
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One piece, with how long it waited for the engine and what it took to make."""

    piece: Piece
    queue_ms: float
    compute_ms: float


Deadline = Callable[[], float]


class Engine(Protocol):
    """Speaks for any number of calls at once, on the event loop."""

    @property
    def info(self) -> EngineInfo:
        """What it runs; constant."""
        ...

    @property
    def waiting(self) -> int:
        """How many calls wait for it."""
        ...

    def speak(self, words: Sequence[Said], speed: float, deadline: Deadline) -> AsyncIterator[Step]:
        """Yield the audio of one clause, piece by piece; cancelling abandons the rest.

        Nothing is made before it is asked for. `deadline` tells, in the event loop's time, when the
        caller will have heard all that it was given: who runs out first is served first.
        """
        ...


Speech: TypeAlias = Iterator[Piece | AnyStage]


class Voice(Protocol):
    """A blocking voice: every method is called from one thread at a time, never from the event loop."""

    @property
    def info(self) -> EngineInfo:
        """What it runs; constant."""
        ...

    def speak(self, words: Sequence[Said], speed: float) -> Speech:
        """Yield the audio of one clause, piece by piece; dropping the iterator abandons the rest.

        What takes long is yielded as a stage, and has been computed, alone or with others of its kind,
        when the iterator is next asked.
        """
        ...

    def close(self) -> None:
        """Release what it holds; no other method may be called after it."""
        ...
