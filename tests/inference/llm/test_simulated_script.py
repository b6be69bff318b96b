from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.llm.engine import (
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
from inference.llm.settings import LlmSettings
from inference.llm.simulated_script import Script, script

REPLIES = ("First reply.", "Second reply, which is longer than the first.")
WEATHER = Tool("get_weather", "", {"properties": {"city": {"examples": ["Oslo"]}}})
CLOCK = Tool("get_time", "", {"type": "object"})


def say(request: Request, *replies: str) -> Script:
    simulated = {"replies": replies or REPLIES}
    settings = {"engine": "simulated", "simulated": simulated, "max_tokens": 100_000}
    return script(request, LlmSettings.model_validate(settings))


def user(*texts: str) -> tuple[Message, ...]:
    return tuple(Message(Role.USER, text) for text in texts)


def text_of(found: Script) -> str:
    events = [event for step in found.steps for event in step]
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def calls_of(found: Script) -> list[tuple[str, str]]:
    events = [event for step in found.steps for event in step]
    return [(event.name, event.arguments) for event in events if isinstance(event, ToolCall)]


@pytest.mark.parametrize(
    ("messages", "reply"),
    [
        (user("a"), REPLIES[0]),
        (user("a", "b"), REPLIES[1]),
        (user("a", "b", "c"), REPLIES[0]),
        ((Message(Role.SYSTEM, "greet"),), REPLIES[0]),
    ],
)
def test_replies_come_in_turn(messages: tuple[Message, ...], reply: str) -> None:
    found = say(Request(messages))
    assert text_of(found) == reply
    assert found.reason is FinishReason.STOP


@given(st.text(min_size=1))
def test_pieces_are_the_text(reply: str) -> None:
    assert text_of(say(Request(user("a")), reply)) == reply


def test_a_token_is_about_four_letters() -> None:
    found = say(
        Request(user("a")), "The quick brown fox jumps over the lazy dog, again and again. " * 9
    )
    assert 3.5 < len(text_of(found)) / len(found.steps) < 5


def test_max_tokens_cuts() -> None:
    found = say(Request(user("a"), Sampling(max_tokens=2)))
    assert (len(found.steps), found.reason) == (2, FinishReason.LENGTH)


def test_a_stop_text_ends_it() -> None:
    found = say(Request(user("a"), Sampling(stop=("reply",))))
    assert (text_of(found), found.reason) == ("First ", FinishReason.STOP)


def test_text_that_only_looked_like_a_stop_is_said_even_where_it_is_cut() -> None:
    sampling = Sampling(max_tokens=2, stop=("First reply!",))
    assert text_of(say(Request(user("a"), sampling))) == "First reply"


def test_a_schema_is_answered_with_an_example() -> None:
    found = say(Request(user("a"), json_schema={"type": "array", "items": {"const": "x"}}))
    assert json.loads(text_of(found)) == ["x"]


@pytest.mark.parametrize(
    ("said", "calls"),
    [
        ("Please Get Weather for me", [("get_weather", '{"city": "Oslo"}')]),
        ("get time", [("get_time", "{}")]),
        ("hello", []),
    ],
)
def test_a_tool_is_called_by_its_name(said: str, calls: list[tuple[str, str]]) -> None:
    found = say(Request(user(said), tools=(WEATHER, CLOCK), tool_choice=ToolChoice.AUTO))
    assert calls_of(found) == calls
    assert (found.reason is FinishReason.TOOL_CALLS) == bool(calls)
    assert bool(text_of(found)) != bool(calls)


def test_after_the_result_it_speaks() -> None:
    messages = (*user("get time"), Message(Role.TOOL, "noon"))
    request = Request(messages, tools=(CLOCK,), tool_choice=ToolChoice.AUTO)
    assert text_of(say(request)) == REPLIES[0]


@pytest.mark.parametrize(("name", "called"), [("", "get_weather"), ("get_time", "get_time")])
def test_a_required_tool_is_called_whatever_was_said(name: str, called: str) -> None:
    request = Request(user("a"), Sampling(), (WEATHER, CLOCK), ToolChoice.REQUIRED, name)
    assert [name for name, _ in calls_of(say(request))] == [called]


def test_a_call_takes_tokens_and_comes_with_the_last() -> None:
    request = Request(user("a"), Sampling(), (WEATHER,), ToolChoice.REQUIRED)
    steps = say(request).steps
    assert len(steps) > 3
    assert [bool(step) for step in steps] == [*[False] * (len(steps) - 1), True]


def test_a_call_that_is_cut_off_is_none() -> None:
    request = Request(user("a"), Sampling(max_tokens=2), (WEATHER,), ToolChoice.REQUIRED)
    assert say(request) == Script([[], []], FinishReason.LENGTH)


def test_a_tool_that_may_not_be_called_is_not() -> None:
    assert not calls_of(say(Request(user("get time"), tools=(CLOCK,))))
