"""How a reply ended, in OpenAI's words. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from antiphon.errors import AntiphonError
from server.realtime.items import Status
from server.realtime.server_events import details as details_of


class Ending(StrEnum):
    """How a reply ended, for whoever counts them."""

    COMPLETED = "completed"
    TOO_LONG = "too_long"
    INTERRUPTED = "interrupted"
    CANCELLED = "cancelled"
    ABANDONED = "abandoned"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The status of a response, and why it is not `completed`."""

    status: str
    ending: Ending
    reason: str | None = None
    problem: AntiphonError | None = None

    @property
    def item_status(self) -> Status:
        """The status of the response's item."""
        return "completed" if self.status == "completed" else "incomplete"

    def details(self) -> dict[str, Any] | None:
        """Return `status_details`."""
        if self.status == "completed":
            return None
        told: dict[str, Any] = {"type": self.status, "reason": self.reason}
        if self.problem is not None:
            told["error"] = details_of(self.problem)
        return told


COMPLETED = Outcome("completed", Ending.COMPLETED)
TOO_LONG = Outcome("incomplete", Ending.TOO_LONG, "max_output_tokens")
# The caller spoke; the client asked for it; the session itself ends.
INTERRUPTED = Outcome("cancelled", Ending.INTERRUPTED, "turn_detected")
CANCELLED = Outcome("cancelled", Ending.CANCELLED, "client_cancelled")
ABANDONED = Outcome("cancelled", Ending.ABANDONED)


def failed(problem: AntiphonError) -> Outcome:
    """Return the outcome of a reply that `problem` ended."""
    return Outcome("failed", Ending.FAILED, problem=problem)
