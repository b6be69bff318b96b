from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from inference.llm.stops import Stops


def feed(stops: list[str], pieces: list[str]) -> tuple[list[str], bool]:
    found = Stops(stops)
    given_out = [found.feed(piece) for piece in pieces]
    return [*given_out, found.close()], found.met


@pytest.mark.parametrize(
    ("stops", "pieces", "given_out", "met"),
    [
        ([], ["a", "b"], ["a", "b", ""], False),
        (["END"], ["a EN", "D b"], ["a ", "", ""], True),
        (["END"], ["a EN", "X"], ["a ", "ENX", ""], False),
        (["END"], ["a EN"], ["a ", "EN"], False),
        (["\n\n"], ["a\n", "\n", "b"], ["a", "", "", ""], True),
        (["b", "abc"], ["a", "b"], ["", "a", ""], True),
        (["aab"], ["aa", "ab"], ["", "a", ""], True),
        (["x"], ["axbx"], ["a", ""], True),
    ],
)
def test_text_ends_before_a_stop(
    stops: list[str], pieces: list[str], given_out: list[str], met: bool
) -> None:
    assert feed(stops, pieces) == (given_out, met)


letters = st.text("abc", max_size=8)


@given(st.lists(st.text("abc", min_size=1, max_size=4), max_size=3), st.lists(letters))
@example(["b", "abc"], ["abc"])
@example(["bc", "abc"], ["a", "bc"])
def test_pieces_change_nothing(stops: list[str], pieces: list[str]) -> None:
    whole = "".join(pieces)
    found = [(whole.index(stop) + len(stop), whole.index(stop)) for stop in stops if stop in whole]
    given_out, met = feed(stops, pieces)
    assert met == bool(found)
    assert "".join(given_out) == whole[: min(found)[1] if found else None]
