from __future__ import annotations

from collections.abc import Sequence

import pytest

from inference.llm.answer import Answer
from inference.llm.engine import (
    Event,
    FinishReason,
    Message,
    Request,
    Role,
    Sampling,
    TextDelta,
    Tool,
    ToolCall,
    ToolChoice,
)
from inference.llm.token_engine import Step

HELLO = (Message(Role.USER, "hello"),)
TOOL = Tool("get_time", "", {"type": "object"})
CALL = '{"name": "get_time", "parameters": {}}'


def decode(ids: Sequence[int]) -> str:
    """One token a letter."""
    return "".join(map(chr, ids))


def run(request: Request, text: str, ended: str = "stop") -> tuple[list[Event], Answer]:
    answer = Answer(decode, request)
    events = []
    for letter in text:
        events += answer.feed(Step((ord(letter),), cached_tokens=5))
        if answer.complete:
            break
    else:
        events += answer.feed(Step((), "length" if ended == "length" else "stop"))
    return events + answer.close(), answer


def text_of(events: list[Event]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def test_text_tokens_and_cache_are_counted() -> None:
    events, answer = run(Request(HELLO), "hello")
    assert text_of(events) == "hello"
    assert (answer.completion_tokens, answer.cached_tokens) == (5, 5)
    assert answer.reason is FinishReason.STOP


@pytest.mark.parametrize(("ended", "reason"), [("stop", "stop"), ("length", "length")])
def test_why_it_ended(ended: str, reason: str) -> None:
    assert run(Request(HELLO), "hello", ended)[1].reason == reason


def test_a_stop_text_ends_it_and_no_more_tokens_are_wanted() -> None:
    events, answer = run(Request(HELLO, Sampling(stop=("lo",))), "hello, world", "length")
    assert text_of(events) == "hel"
    assert answer.complete
    assert answer.completion_tokens == 5
    assert answer.reason is FinishReason.STOP


def test_text_that_was_held_for_a_stop_is_given_out_at_the_end() -> None:
    assert text_of(run(Request(HELLO, Sampling(stop=("lox",))), "hello")[0]) == "hello"


def test_a_call_is_a_call_and_not_text() -> None:
    request = Request(HELLO, tools=(TOOL,), tool_choice=ToolChoice.AUTO)
    events, answer = run(request, f"Wait. {CALL}", "length")
    assert text_of(events) == "Wait. "
    assert [event.name for event in events if isinstance(event, ToolCall)] == ["get_time"]
    assert answer.reason is FinishReason.TOOL_CALLS


def test_stop_texts_do_not_cut_arguments() -> None:
    request = Request(HELLO, Sampling(stop=("parameters",)), (TOOL,), ToolChoice.REQUIRED)
    events, answer = run(request, CALL)
    assert len(events) == 1
    assert answer.reason is FinishReason.TOOL_CALLS


def test_what_is_held_at_the_end_of_tools_still_meets_a_stop() -> None:
    request = Request(HELLO, Sampling(stop=("c",)), (TOOL,), ToolChoice.AUTO)
    assert text_of(run(request, "a {bcd")[0]) == "a {b"


def test_without_leave_to_call_json_is_text() -> None:
    assert text_of(run(Request(HELLO, tools=(TOOL,)), CALL)[0]) == CALL
