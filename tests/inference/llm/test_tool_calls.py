from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.llm.engine import TextDelta, Tool, ToolCall
from inference.llm.tool_calls import TRIGGER, ToolReader, forced_tag, offered_tag, prompt_text

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
WEATHER = Tool("get_weather", "The weather", SCHEMA)
CLOCK = Tool("get_time", "The time", {"type": "object"})
CALL = '{"name": "get_weather", "parameters": {"city": "a } \\" { b"}}'


def read(*pieces: str) -> list[str | tuple[str, str]]:
    """Return texts, and calls as pairs."""
    reader = ToolReader({"get_weather", "get_time"})
    events = [event for piece in pieces for event in reader.feed(piece)] + reader.close()
    found: list[str | tuple[str, str]] = []
    for event in events:
        if isinstance(event, ToolCall):
            assert event.id.startswith("call_")
            found.append((event.name, event.arguments))
        elif isinstance(event, TextDelta):
            found.append(event.text)
    return found


WEATHER_CALL = ("get_weather", '{"city": "a } \\" { b"}')


@pytest.mark.parametrize(
    ("pieces", "found"),
    [
        (["Hello", " there."], ["Hello", " there."]),
        ([CALL], [WEATHER_CALL]),
        (["One moment. " + CALL], ["One moment. ", WEATHER_CALL]),
        ([CALL, "; ", CALL], [WEATHER_CALL, WEATHER_CALL]),
        ([CALL, " Done."], [WEATHER_CALL, " Done."]),
        (['{"name": "get_time", "arguments": {}}'], [("get_time", "{}")]),
        # No calls: another name, no name, no JSON, arguments that are none, numbers that are none.
        (['{"name": "rm", "parameters": {}}'], ['{"name": "rm", "parameters": {}}']),
        (
            ['{"name": ["get_time"], "parameters": {}}'],
            ['{"name": ["get_time"], "parameters": {}}'],
        ),
        (["{a} b"], ["{a}", " b"]),
        (['{"name": "get_time"}'], ['{"name": "get_time"}']),
        (
            ['{"name": "get_time", "parameters": {"a": NaN}}'],
            ['{"name": "get_time", "parameters": {"a": NaN}}'],
        ),
        (
            ['{"name": "get_time", "parameters": {"a": [-1e999]}}', " b"],
            ['{"name": "get_time", "parameters": {"a": [-1e999]}}', " b"],
        ),
        # Cut off: a call is dropped, text is not.
        (["{", '"name": "get_w'], []),
        (["{"], []),
        (["a {b", " c"], ["a ", "{b c"]),
    ],
)
def test_calls_are_told_from_text(pieces: list[str], found: list[str | tuple[str, str]]) -> None:
    assert read(*pieces) == found


@given(st.lists(st.sampled_from([CALL, "text", "{", "}", '"', "\\", " "]), max_size=6), st.data())
def test_pieces_change_nothing(parts: list[str], data: st.DataObject) -> None:
    whole = "".join(parts)
    at = data.draw(st.integers(0, len(whole)))
    joined = _joined(read(whole))
    assert _joined(read(whole[:at], whole[at:])) == joined


def _joined(found: list[str | tuple[str, str]]) -> list[str | tuple[str, str]]:
    """Join texts that follow each other: where they are cut is nobody's concern."""
    merged: list[str | tuple[str, str]] = []
    for one in found:
        if merged and isinstance(one, str) and isinstance(merged[-1], str):
            merged[-1] += one
        else:
            merged.append(one)
    return merged


def test_half_a_surrogate_pair_stays_valid_json() -> None:
    (call,) = read('{"name": "get_time", "parameters": {"a": "\\ud800"}}')
    assert call[1].encode("ascii") == b'{"a": "\\ud800"}'


def test_a_forced_answer_is_one_of_the_calls() -> None:
    form = forced_tag([WEATHER, CLOCK])["format"]
    assert form["type"] == "or"
    begins = [one["begin"] for one in form["elements"]]
    assert begins == [
        '{"name": "get_weather", "parameters": ',
        '{"name": "get_time", "parameters": ',
    ]
    assert form["elements"][0]["content"]["json_schema"] == SCHEMA


def test_an_offered_call_begins_with_the_trigger() -> None:
    form = offered_tag([WEATHER])["format"]
    assert form["triggers"] == [TRIGGER]
    assert all(tag["begin"].startswith(TRIGGER) for tag in form["tags"])


def test_a_model_without_tools_is_told_in_words() -> None:
    listed = prompt_text([WEATHER, CLOCK]).splitlines()[1:]
    assert [json.loads(line)["name"] for line in listed] == ["get_weather", "get_time"]
