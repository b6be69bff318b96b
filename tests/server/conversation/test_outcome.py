from __future__ import annotations

import pytest
from openai.types.realtime import RealtimeResponseStatus

from antiphon.errors import InvalidInput, Unavailable
from server.conversation import outcome
from server.conversation.outcome import Outcome


@pytest.mark.parametrize(
    ("ended", "status", "item_status", "reason"),
    [
        (outcome.TOO_LONG, "incomplete", "incomplete", "max_output_tokens"),
        (outcome.INTERRUPTED, "cancelled", "incomplete", "turn_detected"),
        (outcome.CANCELLED, "cancelled", "incomplete", "client_cancelled"),
        (outcome.ABANDONED, "cancelled", "incomplete", None),
    ],
)
def test_outcomes_are_in_openais_words(
    ended: Outcome, status: str, item_status: str, reason: str | None
) -> None:
    assert (ended.status, ended.item_status) == (status, item_status)
    details = RealtimeResponseStatus.model_validate(ended.details())
    assert (details.type, details.reason, details.error) == (status, reason, None)


def test_a_completed_response_has_no_details() -> None:
    assert outcome.COMPLETED.details() is None
    assert outcome.COMPLETED.item_status == "completed"


@pytest.mark.parametrize(
    ("problem", "kind"),
    [
        (Unavailable("down", reason="WHY"), "server_error"),
        (InvalidInput("down", reason="WHY"), "invalid_request_error"),
    ],
)
def test_a_failed_response_says_why(problem: Unavailable | InvalidInput, kind: str) -> None:
    ended = outcome.failed(problem)
    assert (ended.status, ended.item_status) == ("failed", "incomplete")
    error = RealtimeResponseStatus.model_validate(ended.details()).error
    assert error is not None
    assert (error.type, error.code, error.message) == (kind, "why", "down")
