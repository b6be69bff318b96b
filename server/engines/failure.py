"""Which engine failed, and how, of what went wrong with a call to one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from antiphon.errors import AntiphonError, Exhausted, Unavailable
from server.engines import generator, recognizer, synthesizer
from server.engines.stream import Stalled


class Engine(StrEnum):
    """The engines' processes."""

    ASR = "asr"
    LLM = "llm"
    TTS = "tts"


class FailureKind(StrEnum):
    """It is gone or broke off; it answers nothing; it has no room; it says that it failed."""

    UNAVAILABLE = "unavailable"
    STALLED = "stalled"
    REFUSED = "refused"
    FAILED = "failed"


BY_SERVICE = {
    recognizer.SERVICE: Engine.ASR,
    generator.SERVICE: Engine.LLM,
    synthesizer.SERVICE: Engine.TTS,
}


@dataclass(frozen=True, slots=True)
class EngineFailure:
    """One failure of one engine."""

    engine: Engine
    kind: FailureKind


def failure_of(problem: AntiphonError) -> EngineFailure | None:
    """Return which engine failed, and how; None where `problem` is none's."""
    engine = BY_SERVICE.get(problem.service)
    return None if engine is None else EngineFailure(engine, _kind(problem))


def _kind(problem: AntiphonError) -> FailureKind:
    if isinstance(problem, Stalled):
        return FailureKind.STALLED
    if isinstance(problem, Exhausted):
        return FailureKind.REFUSED
    if isinstance(problem, Unavailable):
        return FailureKind.UNAVAILABLE
    return FailureKind.FAILED
