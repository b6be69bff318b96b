"""What an engine of speech recognition is asked and answers; imports no engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from antiphon.audio import Float32


@dataclass(frozen=True, slots=True)
class Script:
    """What a simulated engine is to hear: `text`, revealed in proportion to `voiced_ms` of voice."""

    text: str
    voiced_ms: float


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that are likely to be said; the most boosted are kept where an engine cannot heed all."""

    text: str
    boost: float = 0.0


@dataclass(frozen=True, slots=True)
class Speech:
    """A piece of speech to be put into words: float32 mono 16 kHz, shape (n,), at most 28 s.

    `language` is ISO 639-1, empty to detect it. `start_ms` is where it begins in its stream; `voiced_ms`
    counts the voice in the piece, `voiced_before_ms` the voice that the stream had before it. A `draft`
    will be decoded again when there is more of it; what is heard in a `thorough` way, without the `phrases`,
    has been decoded before, and that was doubtful. Up to `max_alternatives` other texts are wanted.
    """

    samples: Float32
    start_ms: float = 0.0
    language: str = ""
    word_times: bool = False
    draft: bool = False
    voiced_ms: float = 0.0
    voiced_before_ms: float = 0.0
    script: Script | None = None
    thorough: bool = False
    phrases: tuple[Phrase, ...] = ()
    max_alternatives: int = 0


@dataclass(frozen=True, slots=True)
class Word:
    """One word, timed in ms from the start of what it was heard in; `probability` from 0 to 1."""

    text: str
    start_ms: float
    end_ms: float
    probability: float


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another text, whose tokens have this average log-probability."""

    text: str
    average_log_probability: float


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """What an engine heard, in so many `tokens` (0: not known), and other texts, the likeliest first.

    Four are its own doubts, which `gates` weighs.
    """

    text: str
    language: str
    words: tuple[Word, ...] = ()
    no_speech_probability: float = 0.0
    average_log_probability: float = 0.0
    repetition: float = 1.0  # length over compressed length
    complete: bool = True  # False where it would have gone on and on
    tokens: int = 0
    alternatives: tuple[Alternative, ...] = ()


@dataclass(frozen=True, slots=True)
class About:
    """What `GetInfo` tells of an engine."""

    engine: str
    capabilities: tuple[str, ...]
    simulated: bool = False


class Engine(Protocol):
    """Blocking speech recognition, one piece at a time."""

    @property
    def about(self) -> About:
        """Return what it is."""
        ...

    def check(self, language: str, script: Script | None) -> None:
        """Raise `InvalidInput` where the engine cannot listen like that; any thread."""
        ...

    def decode(self, speech: Speech) -> Hypothesis:
        """Return what is said in `speech`."""
        ...


class BatchEngine(Engine, Protocol):
    """One that hears several pieces at once; a lane's workers call it from as many threads."""

    def decode_batch(self, speeches: Sequence[Speech]) -> Sequence[Hypothesis]:
        """Return what is said in each of `speeches`, heard once."""
        ...

    def doubts(self, hypothesis: Hypothesis) -> bool:
        """Return whether to hear its speech again, in a thorough way; any thread."""
        ...
