"""Who is told of callers that come, go, and find no room."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

from antiphon.errors import AntiphonError


class Transport(StrEnum):
    """Over what a session began."""

    WEBSOCKET = "websocket"
    WEBRTC = "webrtc"
    GRPC = "grpc"


class SessionEnd(StrEnum):
    """Why a session ended: by either side, since nobody came back, by an error, or by the gateway."""

    HUNG_UP = "hung_up"
    LOST = "lost"
    FAILED = "failed"
    DISMISSED = "dismissed"


class Wanted(StrEnum):
    """What a caller came for who was refused."""

    CONVERSATION = "conversation"
    RECOGNITION = "recognition"
    GENERATION = "generation"
    SYNTHESIS = "synthesis"


class Refusal(StrEnum):
    """Why: all places are taken, or the gateway stops."""

    FULL = "full"
    STOPPING = "stopping"


class KeyShown(StrEnum):
    """What somebody showed whom no door was opened."""

    MISSING = "missing"
    UNKNOWN = "unknown"


class Door(Protocol):
    """Called on the event loop, so it must be quick, and must not raise."""

    def refused(self, wanted: Wanted, why: Refusal) -> None:
        """Note that somebody was sent away."""
        ...

    def denied(self, shown: KeyShown) -> None:
        """Note that somebody came without a key that is known."""
        ...

    def ended(self, transport: Transport, end: SessionEnd) -> None:
        """Note the end of a session."""
        ...


class Unwatched:
    """A `Door` that nobody watches."""

    def refused(self, wanted: Wanted, why: Refusal) -> None:
        """See `Door`."""

    def denied(self, shown: KeyShown) -> None:
        """See `Door`."""

    def ended(self, transport: Transport, end: SessionEnd) -> None:
        """See `Door`."""


UNWATCHED = Unwatched()


def why(problem: AntiphonError) -> Refusal:
    """Return the reason of a refusal as it is counted."""
    return Refusal.STOPPING if problem.reason == "STOPPING" else Refusal.FULL
