from __future__ import annotations

import pytest

from antiphon.errors import InvalidInput, Unsupported
from server.realtime.refusals import unserved, wrong


@pytest.mark.parametrize(
    ("param", "event"),
    [
        ("session.tools.0.name", "session.update"),
        ("response.metadata", "response.create"),
        ("item.content", "conversation.item.create"),
    ],
)
def test_a_refusal_names_event_parameter_and_reason(param: str, event: str) -> None:
    problem = wrong(param, "too long")
    assert isinstance(problem, InvalidInput)
    assert problem.message == f"{event}: {param}: too long"
    assert (problem.reason, problem.metadata) == ("INVALID_FIELD", {"param": param})


def test_what_is_not_served_is_no_mistake_of_the_client() -> None:
    problem = unserved("item.type", "not here")
    assert isinstance(problem, Unsupported)
    assert problem.metadata == {"param": "item.type"}
