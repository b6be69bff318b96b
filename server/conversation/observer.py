"""Who is told what comes of a session's turns, without a word of what was said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from antiphon.observability.spans import TraceContext
from server.conversation.outcome import Ending
from server.conversation.timeline import Mark
from server.engines.failure import Engine, EngineFailure


class Interruption(StrEnum):
    """What speech over a reply did to it: it is ducked first, and then goes on or is stopped."""

    DUCKED = "ducked"
    STOPPED = "stopped"
    RESUMED = "resumed"


@dataclass(frozen=True, slots=True)
class Told:
    """A turn whose end the client was told; `marks` are seconds of the loop's clock."""

    response_id: str
    ending: Ending
    marks: Mapping[Mark, float]
    trace: TraceContext | None = None


class Observer(Protocol):
    """Called on the event loop, a few times a turn: it must be quick, and must not raise."""

    def begun(self) -> TraceContext | None:
        """Return the trace of a turn that begins; None where turns are not traced."""
        ...

    def told(self, turn: Told) -> None:
        """Note the end of a turn of the conversation."""
        ...

    def speculated(self, *, used: bool) -> None:
        """Note what became of an answer begun on trust."""
        ...

    def interrupted(self, how: Interruption) -> None:
        """Note what speech over a reply did."""
        ...

    def engine_failed(self, failure: EngineFailure) -> None:
        """Note that an engine could not do its part."""
        ...

    def retried(self, engine: Engine) -> None:
        """Note that an engine is asked once more, of which the caller hears nothing."""
        ...

    def apologised(self) -> None:
        """Note that a caller was told that something failed."""
        ...


class Unobserved:
    """An `Observer` that notes nothing."""

    def begun(self) -> TraceContext | None:
        """See `Observer`."""
        return None

    def told(self, turn: Told) -> None:
        """See `Observer`."""

    def speculated(self, *, used: bool) -> None:
        """See `Observer`."""

    def interrupted(self, how: Interruption) -> None:
        """See `Observer`."""

    def engine_failed(self, failure: EngineFailure) -> None:
        """See `Observer`."""

    def retried(self, engine: Engine) -> None:
        """See `Observer`."""

    def apologised(self) -> None:
        """See `Observer`."""


UNOBSERVED = Unobserved()
