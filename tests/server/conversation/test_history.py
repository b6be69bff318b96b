from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.v1 import generator_pb2 as pb
from server.conversation.history import History

USER, REPLY = pb.ROLE_USER, pb.ROLE_ASSISTANT


def _after(max_chars: int, *added: tuple[pb.Role, str]) -> list[tuple[pb.Role, str]]:
    history = History(max_chars)
    for role, text in added:
        history.add(role, text)
    return [(message.role, message.content) for message in history.messages("")]


def test_instructions_come_first_where_there_are_any() -> None:
    history = History(100)
    history.add(USER, "hello")
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
        (3, ["dd"]),
        (0, ["dd"]),
    ],
)
def test_the_oldest_go_first_and_a_reply_goes_with_its_question(
    max_chars: int, kept: list[str]
) -> None:
    said = _after(max_chars, (USER, "aa"), (REPLY, "bb"), (USER, "cc"), (REPLY, "dd"))
    assert [text for _, text in said] == kept


def test_a_greeting_stays_until_there_is_no_room() -> None:
    assert _after(9, (REPLY, "hello"), (USER, "aa")) == [(REPLY, "hello"), (USER, "aa")]
    assert _after(6, (REPLY, "hello"), (USER, "aa")) == [(USER, "aa")]


def test_the_newest_stays_however_long() -> None:
    assert _after(10, (USER, "a"), (USER, "b" * 1000)) == [(USER, "b" * 1000)]


messages = st.lists(st.tuples(st.sampled_from([USER, REPLY]), st.text(max_size=20)), max_size=30)


@given(messages, st.integers(0, 60))
def test_what_stays_is_an_unbroken_end_of_what_was_said(
    said: list[tuple[pb.Role, str]], max_chars: int
) -> None:
    kept = _after(max_chars, *said)
    real = [message for message in said if message[1].strip()]
    assert kept == real[len(real) - len(kept) :]
    assert sum(len(text) for _, text in kept) <= max_chars or len(kept) == 1
    assert bool(kept) == bool(real)
    if len(kept) not in (len(real), 1):
        assert kept[0][0] == USER
