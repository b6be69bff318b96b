from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.v1 import synthesizer_pb2 as pb
from server.conversation.heard import Heard, HeardWords
from server.conversation.items import ROOT, Items
from server.realtime import items
from server.realtime.items import Assistant, FunctionCallOutput, Item

TEXT = "One two three."


def _user(item_id: str, text: str = "hello") -> Item:
    return items.user_said(item_id, text)


def _listed(conversation: Items) -> list[str | None]:
    return [item.id for item in conversation]


def _output(item_id: str, call_id: str) -> Item:
    return FunctionCallOutput(
        id=item_id, call_id=call_id, output="a bird", type="function_call_output"
    )


def _spoken() -> Heard:
    """Return a reply of which 700 ms were heard: two words and a bit."""
    words, position = HeardWords(), 0
    for index, word in enumerate(("One ", "two ", "three.")):
        span = pb.TextSpan(start=position, end=position + len(word))
        words.note([pb.SpokenWord(span=span, start_ms=index * 300, end_ms=index * 300 + 300)])
        position += len(word)
    return Heard("One two ", 700, words)


def _with_reply() -> Items:
    conversation = Items()
    conversation.add(items.assistant("reply", "", audio=True, status="in_progress"))
    return conversation


def _reply(conversation: Items) -> tuple[str, str | None]:
    item = conversation.get("reply")
    assert isinstance(item, Assistant)
    return items.text_of(item), item.status


def test_items_stand_in_order_and_each_knows_the_one_before() -> None:
    conversation = Items()
    assert conversation.add(_user("a")) is None
    assert conversation.add(_user("b")) == "a"
    assert conversation.add(_user("c"), "a") == "a"
    assert conversation.add(_user("d"), ROOT) is None
    assert _listed(conversation) == ["d", "a", "c", "b"]
    assert conversation.before("b") == "c"
    assert conversation.before("d") is None
    assert conversation.before("nobody") is None


def test_an_output_is_awaited_from_its_call_on_until_it_comes() -> None:
    conversation = Items()
    assert not conversation.awaits_output
    conversation.add(items.function_call("a", "call_1", "look", "{}"))
    conversation.add(items.function_call("b", "call_2", "look", "{}"))
    conversation.add(_output("c", "call_1"))
    assert conversation.awaits_output
    conversation.add(_output("d", "call_2"))
    assert not conversation.awaits_output


def test_items_are_found_and_taken_out_by_their_id() -> None:
    conversation = Items()
    conversation.add(_user("a"))
    assert conversation.get("a") is not None
    conversation.remove("a")
    conversation.remove("a")
    assert conversation.get("a") is None
    assert _listed(conversation) == []


def test_the_oldest_are_dropped_where_there_are_too_many() -> None:
    conversation = Items(max_items=2)
    for name in "abc":
        conversation.add(_user(name))
    assert _listed(conversation) == ["b", "c"]


def test_the_oldest_are_dropped_where_they_say_too_much_but_never_the_last() -> None:
    conversation = Items(max_chars=10)
    conversation.add(_user("a", "x" * 6))
    conversation.add(_user("b", "x" * 6))
    assert _listed(conversation) == ["b"]
    conversation.add(_user("c", "x" * 60))
    assert _listed(conversation) == ["c"]


@given(st.lists(st.tuples(st.integers(0, 30), st.booleans()), max_size=40))
def test_bounds_hold_whatever_is_added(added: list[tuple[int, bool]]) -> None:
    conversation = Items(max_items=5, max_chars=50)
    for name, (chars, first) in enumerate(added):
        conversation.add(_user(str(name), "x" * chars), ROOT if first else None)
        kept = list(conversation)
        assert len(kept) <= 5
        assert sum(map(items.size_of, kept)) <= 50 or len(kept) == 1


def test_of_a_reply_there_is_what_was_heard() -> None:
    conversation = _with_reply()
    assert _reply(conversation) == ("", "in_progress")
    conversation.settle("reply", _spoken(), "incomplete")
    assert _reply(conversation) == ("One two ", "incomplete")


def test_a_reply_that_was_taken_out_meanwhile_stays_out() -> None:
    conversation = _with_reply()
    conversation.remove("reply")
    conversation.settle("reply", _spoken(), "completed")
    assert _listed(conversation) == []


@pytest.mark.parametrize(
    ("audio_end_ms", "told_ms", "text"),
    [
        (0, 0, ""),
        (299, 299, ""),
        (300, 300, "One "),
        (650, 650, "One two "),
        (9999, 700, "One two "),
    ],
)
@pytest.mark.parametrize("early", [True, False])
def test_a_reply_is_cut_to_the_word_and_never_longer_than_it_was_heard(
    audio_end_ms: int, told_ms: float, text: str, early: bool
) -> None:
    conversation = _with_reply()
    if early:
        assert conversation.truncate("reply", audio_end_ms) == audio_end_ms
    conversation.settle("reply", _spoken(), "completed")
    assert conversation.truncate("reply", audio_end_ms) == told_ms
    assert _reply(conversation)[0] == text


def test_cut_twice_it_is_cut_where_it_is_shorter() -> None:
    conversation = _with_reply()
    conversation.settle("reply", _spoken(), "completed")
    conversation.truncate("reply", 300)
    assert conversation.truncate("reply", 650) == 300
    assert _reply(conversation) == ("One ", "incomplete")


def test_a_conversation_has_an_id() -> None:
    assert Items().id.startswith("conv_")
    assert Items().id != Items().id
