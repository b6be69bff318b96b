from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.v1 import synthesizer_pb2 as pb
from server.conversation.heard import Heard, HeardWords

TEXT = "Good day, sir."


def _word(end: int, end_ms: float, start: int = 0, start_ms: float = 0) -> pb.SpokenWord:
    span = pb.TextSpan(start=start, end=end)
    return pb.SpokenWord(span=span, start_ms=start_ms, end_ms=end_ms)


def _said() -> HeardWords:
    """Return the words of the text, with a pause of 100 ms before the last."""
    words = HeardWords()
    words.note([_word(4, 300), _word(8, 600, 5, 300), _word(13, 1000, 10, 700)])
    return words


@pytest.mark.parametrize(
    ("heard_ms", "heard"),
    [
        (0, ""),
        (299, ""),
        (300, "Good"),
        (799, "Good day"),
        (800, "Good day, sir"),
        (9999, "Good day, sir"),
    ],
)
def test_a_word_counts_once_its_end_was_heard(heard_ms: float, heard: str) -> None:
    words = HeardWords()
    words.note([_word(4, 300)])
    words.note([])
    words.note([_word(8, 600), _word(13, 800)])
    assert words.cut(TEXT, heard_ms) == heard


def test_without_word_times_nothing_counts() -> None:
    assert HeardWords().cut(TEXT, 1000) == ""


@pytest.mark.parametrize(
    ("from_ms", "to_ms", "sounded"),
    [
        (-4000, 0, ""),
        (-4000, 1, "Good"),
        (0, 300, "Good"),
        (0, 301, "Good day,"),
        (299, 650, "Good day,"),
        (300, 650, "day,"),
        (600, 700, ""),
        (599, 701, "day, sir."),
        (0, 9999, "Good day, sir."),
        (1000, 9999, ""),
    ],
)
def test_a_word_sounded_between_two_moments_if_any_of_it_did(
    from_ms: float, to_ms: float, sounded: str
) -> None:
    assert _said().between(TEXT, from_ms, to_ms) == sounded


@pytest.mark.parametrize(
    ("heard_ms", "start_ms"),
    [(0, 0), (299, 0), (300, 300), (599, 300), (600, 600), (650, 650), (999, 700), (1000, 1000)],
)
def test_a_word_that_was_cut_begins_where_it_began(heard_ms: float, start_ms: float) -> None:
    assert _said().word_start_ms(heard_ms) == start_ms


def test_without_word_times_nothing_sounded_and_nothing_is_said_again() -> None:
    assert HeardWords().between(TEXT, 0, 1000) == ""
    assert HeardWords().word_start_ms(500) == 500


@given(st.lists(st.integers(1, 500), max_size=20), st.floats(0, 12_000), st.floats(0, 12_000))
def test_later_never_means_less(lengths_ms: list[int], one: float, other: float) -> None:
    words, end_ms = HeardWords(), 0
    for index, length_ms in enumerate(lengths_ms):
        end_ms += length_ms
        words.note([_word(index + 1, end_ms)])
    text = "x" * len(lengths_ms)
    assert len(words.cut(text, min(one, other))) <= len(words.cut(text, max(one, other)))


@pytest.mark.parametrize(
    ("position_ms", "heard"), [(0, ""), (350, "Good"), (899, "Good day"), (900, TEXT), (1e9, TEXT)]
)
def test_of_a_reply_only_what_was_heard_can_be_cut_further(position_ms: float, heard: str) -> None:
    assert Heard(TEXT, 900, _said()).by(position_ms) == heard


def test_what_is_only_written_is_not_cut() -> None:
    assert Heard(TEXT, 0, HeardWords(), spoken=False).by(0) == TEXT
