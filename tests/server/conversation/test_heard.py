from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.v1 import synthesizer_pb2 as pb
from server.conversation.heard import HeardWords

TEXT = "Good day, sir."


def _word(end: int, end_ms: float) -> pb.SpokenWord:
    return pb.SpokenWord(span=pb.TextSpan(end=end), end_ms=end_ms)


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


@given(st.lists(st.integers(1, 500), max_size=20), st.floats(0, 12_000), st.floats(0, 12_000))
def test_later_never_means_less(lengths_ms: list[int], one: float, other: float) -> None:
    words, end_ms = HeardWords(), 0
    for index, length_ms in enumerate(lengths_ms):
        end_ms += length_ms
        words.note([_word(index + 1, end_ms)])
    text = "x" * len(lengths_ms)
    assert len(words.cut(text, min(one, other))) <= len(words.cut(text, max(one, other)))
