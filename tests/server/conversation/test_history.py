from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.v1 import generator_pb2 as pb
from server.conversation.history import History, newer_half
from server.realtime import items
from server.realtime.items import Item
from tests.server import said

USER, REPLY = pb.ROLE_USER, pb.ROLE_ASSISTANT


def _after(max_chars: int, *added: tuple[pb.Role, str]) -> list[tuple[pb.Role, str]]:
    history = History(max_chars)
    for role, text in added:
        said.add(history, role, text)
    return [(message.role, message.content) for message in history.messages("")]


def test_instructions_come_first_where_there_are_any() -> None:
    history = History(100)
    said.add(history, USER, "hello")
    roles = [message.role for message in history.messages("Be brief.")]
    assert roles == [pb.ROLE_SYSTEM, USER]
    assert [message.content for message in history.messages("")] == ["hello"]


@pytest.mark.parametrize("text", ["", " ", "\n\t "])
def test_white_space_is_no_message(text: str) -> None:
    assert _after(100, (REPLY, text)) == []


@pytest.mark.parametrize(
    ("max_chars", "kept"),
    [
        (8, ["aa", "bb", "cc", "dd"]),
        (7, ["cc", "dd"]),  # "bb" answered "aa"
        (4, ["cc", "dd"]),
        (3, ["cc", "dd"]),
        (0, ["cc", "dd"]),
    ],
)
def test_the_oldest_go_first_and_a_reply_goes_with_its_question(
    max_chars: int, kept: list[str]
) -> None:
    told = _after(max_chars, (USER, "aa"), (REPLY, "bb"), (USER, "cc"), (REPLY, "dd"))
    assert [text for _, text in told] == kept


def test_prompts_begin_as_the_one_before_but_where_half_of_it_goes() -> None:
    history, before, anew, longest = History(100), "", 0, 0
    for number in range(100):
        said.add(history, USER, f"question {number}")
        told = " ".join(message.content for message in history.messages(""))
        anew += not told.startswith(before)
        before, longest = told, max(longest, len(told))
        said.add(history, REPLY, f"answer {number}")
    assert anew <= 25
    assert 80 <= longest <= 120


def test_where_the_first_that_was_told_is_removed_there_is_another_first() -> None:
    history = History(10)
    for text in ("question", "another one", "more"):
        said.add(history, USER, text)
    assert [message.content for message in history.messages("")] == ["more"]
    history.items.remove(history._from)
    said.add(history, USER, "again")
    assert [message.content for message in history.messages("")] == ["again"]


def test_a_greeting_stays_until_there_is_no_room() -> None:
    assert _after(9, (REPLY, "hello"), (USER, "aa")) == [(REPLY, "hello"), (USER, "aa")]
    assert _after(6, (REPLY, "hello"), (USER, "aa")) == [(USER, "aa")]


def test_of_what_the_model_does_not_hold_the_newer_half_is_left() -> None:
    history = History(1000)
    for number in range(4):
        said.add(history, USER, f"question {number}")
        said.add(history, REPLY, f"answer {number}")
    said.add(history, USER, "last")
    messages: Sequence[pb.Message] = history.messages("Be brief.")
    left = [messages := newer_half(messages) for _ in range(4)]
    assert [each.content for each in left[0]] == ["Be brief.", "question 3", "answer 3", "last"]
    assert [each.content for each in left[1]] == ["Be brief.", "last"]
    assert left[3] == left[2] == left[1]


def test_the_newer_half_holds_what_the_caller_said_last_with_what_was_called_for_it() -> None:
    called = _item(CALL, SUNNY)
    assert newer_half(called) == called
    asked = _item(CALL, SUNNY, items.user_said("item_9", "hello?"))
    assert [message.content for message in newer_half(asked)] == ["hello?"]


def test_an_apology_is_no_part_of_what_is_talked_about() -> None:
    history = History(100, "One moment.")
    for role, text in ((REPLY, "How many?"), (USER, "two"), (REPLY, "One moment.")):
        said.add(history, role, text)
    assert [message.content for message in history.messages("")] == ["How many?", "two"]
    assert history.last_reply() == "How many?"
    assert len(list(history.items)) == 3
    said.add(history, REPLY, "One mo")  # somebody spoke over it
    assert history.last_reply() == "How many?"


def test_what_the_caller_said_last_stays_however_long_and_so_does_its_answer() -> None:
    assert _after(10, (USER, "a"), (USER, "b" * 1000)) == [(USER, "b" * 1000)]
    assert _after(10, (USER, "a" * 99), (REPLY, "b" * 99)) == [(USER, "a" * 99), (REPLY, "b" * 99)]
    assert _after(10, (REPLY, "a" * 99), (REPLY, "b" * 99)) == [(REPLY, "b" * 99)]


def _item(item: Item, *more: Item) -> list[pb.Message]:
    history = History(1000)
    said.add(history, USER, "weather?")
    for each in (item, *more):
        history.items.add(each)
    return history.messages("")


CALL = items.function_call("item_1", "call_1", "look", '{"where": "up"}')
OTHER = items.function_call("item_3", "call_2", "listen", "{}")
SUNNY = items.FunctionCallOutput(
    id="item_2", type="function_call_output", call_id="call_1", output="sunny"
)
QUIET = items.FunctionCallOutput(
    id="item_4", type="function_call_output", call_id="call_2", output="quiet"
)
REPLIED = items.assistant("item_5", "Let me see.", audio=True, status="completed")


def test_a_call_is_told_with_its_output() -> None:
    asked, called, answered = _item(CALL, SUNNY)
    assert (asked.role, called.role, answered.role) == (USER, REPLY, pb.ROLE_TOOL)
    assert called.tool_calls == [pb.ToolCall(id="call_1", name="look", arguments=CALL.arguments)]
    assert (answered.tool_call_id, answered.content) == ("call_1", "sunny")


def test_a_call_without_an_output_is_as_if_it_had_not_been_made() -> None:
    assert [message.content for message in _item(CALL)] == ["weather?"]
    assert [message.content for message in _item(SUNNY)] == ["weather?"]


def test_a_call_belongs_to_what_was_said_with_it() -> None:
    told = _item(REPLIED, CALL, SUNNY)
    assert (told[1].content, len(told[1].tool_calls)) == ("Let me see.", 1)
    assert len(told) == 3


def test_several_calls_are_told_one_after_the_other_each_with_its_output() -> None:
    roles = [message.role for message in _item(CALL, OTHER, QUIET, SUNNY)]
    assert roles == [USER, REPLY, pb.ROLE_TOOL, REPLY, pb.ROLE_TOOL]


def test_an_output_that_comes_late_is_told_where_the_call_was_made() -> None:
    told = _item(CALL, items.user_said("item_9", "hello?"), SUNNY)
    assert [message.role for message in told] == [USER, REPLY, pb.ROLE_TOOL, USER]


def test_a_call_goes_with_what_it_was_made_for() -> None:
    history = History(10)
    said.add(history, USER, "a")
    history.items.add(CALL)
    history.items.add(SUNNY)
    said.add(history, USER, "b" * 10)
    assert [message.content for message in history.messages("")] == ["b" * 10]


def test_the_system_may_say_more_at_any_time() -> None:
    system = items.System(
        id="item_6",
        type="message",
        role="system",
        content=[{"type": "input_text", "text": "Hurry."}],
    )
    told = _item(system)
    assert [(message.role, message.content) for message in told] == [
        (USER, "weather?"),
        (pb.ROLE_SYSTEM, "Hurry."),
    ]


def test_other_items_may_stand_for_the_conversation() -> None:
    history = History(1000)
    said.add(history, USER, "hello")
    instead = [items.user_said("x", "translate this")]
    assert [each.content for each in history.messages("Be brief.", instead=instead)] == [
        "Be brief.",
        "translate this",
    ]
    assert history.messages("", instead=()) == []


@pytest.mark.parametrize(
    ("added", "told"),
    [
        ([(USER, "a"), (USER, "b"), (REPLY, "c")], [(USER, "a b"), (REPLY, "c")]),
        ([(REPLY, "a"), (REPLY, "b"), (USER, "c")], [(REPLY, "a b"), (USER, "c")]),
        ([(USER, "a"), (REPLY, " "), (USER, "b")], [(USER, "a b")]),
        ([(USER, "a"), (REPLY, "b"), (USER, "c")], [(USER, "a"), (REPLY, "b"), (USER, "c")]),
    ],
)
def test_what_one_side_said_in_several_goes_is_one_message(
    added: list[tuple[pb.Role, str]], told: list[tuple[pb.Role, str]]
) -> None:
    assert _after(100, *added) == told


@pytest.mark.parametrize(
    ("before", "told"),
    [
        ([], ["hello"]),
        ([(USER, "first")], ["first hello"]),
        ([(USER, "first"), (REPLY, "One.")], ["first", "One.", "hello"]),
    ],
)
def test_what_was_just_said_is_told_and_not_kept(
    before: list[tuple[pb.Role, str]], told: list[str]
) -> None:
    history = History(100)
    for role, text in before:
        said.add(history, role, text)
    kept = history.messages("")
    assert [message.content for message in history.messages("", "hello")] == told
    assert history.messages("", "hello")[-1].role == USER
    assert history.messages("") == kept


def test_instructions_are_no_part_of_what_was_said() -> None:
    history = History(100)
    said.add(history, USER, "a")
    said.add(history, USER, "b")
    told = history.messages("Be brief.", "c")
    assert [message.content for message in told] == ["Be brief.", "a b c"]
    assert [message.content for message in history.messages("Be brief.")] == ["Be brief.", "a b"]


messages = st.lists(st.tuples(st.sampled_from([USER, REPLY]), st.text(max_size=20)), max_size=30)


@given(messages, st.integers(0, 60))
def test_what_stays_is_an_unbroken_end_of_what_was_said(
    added: list[tuple[pb.Role, str]], max_chars: int
) -> None:
    told = _after(max_chars, *added)
    real = [message for message in added if message[1].strip()]
    ends = [real[start:] for start in range(len(real))]
    kept = [end for end in ends if _text(end) == _text(told) and _may_stay(end, real, max_chars)]
    assert bool(kept) == bool(told) == bool(real)
    assert all(before[0] != after[0] for before, after in pairwise(told))


def _text(said: list[tuple[pb.Role, str]]) -> str:
    return " ".join(" ".join(text for _, text in said).split())


def _may_stay(
    end: list[tuple[pb.Role, str]], real: list[tuple[pb.Role, str]], max_chars: int
) -> bool:
    if not any(role == USER for role, _ in end[1:]):
        return end[0][0] == USER or len(end) == 1 or end == real
    fits = sum(len(text) for _, text in end) <= max_chars
    return fits and (end == real or end[0][0] == USER)
