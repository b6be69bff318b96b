"""Where text is cut, however it arrives."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.tts.clauses import LATER_LIMIT, MAX_CHARACTERS, Clause, Clauser, count

LETTERS = "ab .,?!:;-—\n\"'()…1DrU"


def cut(text: str, step: int | None = None) -> list[Clause]:
    """Feed a text in pieces of `step` characters, then flush."""
    clauser = Clauser()
    size = step or max(1, len(text))
    fed = [clauser.feed(text[place : place + size]) for place in range(0, len(text), size)]
    return [clause for clauses in [*fed, clauser.flush()] for clause in clauses]


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        ("Hello there. How are you?", ["Hello there.", "How are you?"]),
        ("It costs 3.5 or $4.50. Yes.", ["It costs 3.5 or $4.50.", "Yes."]),
        ("Ask Dr. Smith or St. John. Now.", ["Ask Dr. Smith or St. John.", "Now."]),
        ("Mail sarah.j@example.com. Then wait.", ["Mail sarah.j@example.com.", "Then wait."]),
        ("We open at 5 p.m. The door is blue.", ["We open at 5 p.m.", "The door is blue."]),
        ("We open at 5 p.m. today.", ["We open at 5 p.m. today."]),
        ("See No. 5 there. No. I do not.", ["See No. 5 there.", "No.", "I do not."]),
        ("J. R. Smith is here.", ["J. R. Smith is here."]),
        ("It is only I. We go.", ["It is only I.", "We go."]),
        ("1. Open it. 2. Close it.", ["1. Open it.", "2. Close it."]),
        ('He said "Go." Then he went.', ['He said "Go."', "Then he went."]),
        ("Really?! Yes... no", ["Really?!", "Yes...", "no"]),
        ("A list:\n- one\n- two", ["A list:", "- one", "- two"]),
        ("Well, that is fine.", ["Well, that is fine."]),
        ("I see that, so we go.", ["I see that,", "so we go."]),
        ("wait", ["wait"]),
        ("  \n\n ", []),
        ("", []),
    ],
)
def test_cuts(text: str, clauses: list[str]) -> None:
    assert [clause.text for clause in cut(text)] == clauses


def test_a_clause_is_spoken_as_soon_as_its_end_is_known() -> None:
    clauser = Clauser()
    assert clauser.feed("Your order ships to") == []
    assert clauser.feed("day.") == []  # "day.com" might follow
    assert [clause.text for clause in clauser.feed(" I")] == ["Your order ships today."]


def test_an_abbreviation_at_the_end_waits_for_what_follows() -> None:
    clauser = Clauser()
    assert clauser.feed("We open at 5 p.m. ") == []
    assert [clause.text for clause in clauser.feed("T")] == ["We open at 5 p.m."]


def test_later_clauses_want_some_length() -> None:
    text = "We looked at it, and we saw, after some time, that it was blue, which is good."
    assert [clause.text for clause in cut(text)] == [
        "We looked at it,",
        "and we saw, after some time, that it was blue,",
        "which is good.",
    ]


def test_the_first_clause_after_a_flush_may_be_short_again() -> None:
    clauser = Clauser()
    clauser.feed("One sentence. Two")
    clauser.flush()
    assert [clause.text for clause in clauser.feed("and now three, and four ")] == [
        "and now three,"
    ]


def test_a_long_clause_without_a_mark_is_cut_before_a_word_that_opens_one() -> None:
    text = "The appointment that you asked for was moved to the week after the second one in March"
    first, *_ = cut(text)
    assert first.text == "The appointment that you asked for was moved"
    assert first.mark == ""


def test_a_sentence_slightly_too_long_stays_whole() -> None:
    text = "Your order number three ships on Tuesday morning from the other office."
    assert [clause.text for clause in cut(text)] == [text]


def test_marks_close_what_has_no_punctuation() -> None:
    assert [clause.mark for clause in cut("A title\nA sentence. The end")] == [".", "", "."]


def test_where_a_clause_is() -> None:
    clauses = cut("  Hello there.  How? ")
    assert [(clause.start, clause.end) for clause in clauses] == [(2, 14), (16, 20)]


@given(st.text(LETTERS, max_size=300), st.integers(1, 40))
def test_pieces_make_no_difference(text: str, step: int) -> None:
    assert cut(text, step) == cut(text)


@given(st.one_of(st.text(max_size=600), st.text(LETTERS, max_size=900)), st.integers(1, 500))
def test_nothing_is_lost_or_moved(text: str, step: int) -> None:
    clauses = cut(text, step)
    assert all(text[clause.start : clause.end] == clause.text for clause in clauses)
    places = [place for clause in clauses for place in range(clause.start, clause.end)]
    assert places == sorted(set(places))
    assert {place for place, letter in enumerate(text) if not letter.isspace()} <= set(places)


@given(st.text("a \nü.", max_size=2000))
def test_no_clause_is_too_long(text: str) -> None:
    for clause in cut(text):
        assert len(clause.text) <= MAX_CHARACTERS + 1
        assert count(clause.text) <= LATER_LIMIT[0]
