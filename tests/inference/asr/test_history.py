"""The audio that a stream keeps."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from inference.asr.history import History


def filled(*lengths: int) -> History:
    history = History()
    for length in lengths:
        history.append(np.arange(history.end, history.end + length, dtype=np.int16))
    return history


def test_new_is_empty() -> None:
    assert (History().start, History().end) == (0, 0)
    assert len(History().between(0, 100)) == 0


@given(
    st.lists(st.integers(1, 50), max_size=20),
    st.integers(0, 600),
    st.integers(0, 600),
    st.integers(0, 600),
)
def test_between_is_a_slice_of_what_is_left(
    lengths: list[int], forgotten: int, start: int, end: int
) -> None:
    history = filled(*lengths)
    history.forget(forgotten)
    assert history.start <= max(forgotten, 0)
    assert history.end == sum(lengths)
    whole = np.arange(history.end)
    expected = whole[max(start, history.start) : max(end, history.start)]
    assert history.between(start, end).tolist() == expected.tolist()


def test_forgets_whole_chunks_only() -> None:
    history = filled(10, 10, 10)
    history.forget(19)
    assert history.start == 10
    history.forget(20)
    assert history.start == 20


def test_what_was_taken_is_a_copy() -> None:
    history = filled(4)
    history.between(0, 4)[:] = 99
    assert history.between(0, 4).tolist() == [0, 1, 2, 3]
