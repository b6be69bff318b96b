from __future__ import annotations

from openai.types.realtime import ResponseDoneEvent, SessionUpdateEvent

from server.realtime import vocabulary


def test_all_events_are_built() -> None:
    vocabulary.build()
    assert ResponseDoneEvent.__pydantic_complete__
    assert SessionUpdateEvent.__pydantic_complete__
