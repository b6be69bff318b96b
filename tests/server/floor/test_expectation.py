"""What the agent's words ask for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.floor.expectation import Expects, expects


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("What is your account number?", Expects.DICTATION),
        ("Thanks. Please read me the digits on the back of the card.", Expects.DICTATION),
        ("Could you spell your last name?", Expects.DICTATION),
        ("And what's your e-mail address?", Expects.DICTATION),
        ("I have your number here. How can I help?", Expects.OPEN),
        ("Your reference is on the letter.", Expects.OPEN),
        ("Would you like milk with that?", Expects.YES_NO),
        ("Great, so is that correct?", Expects.YES_NO),
        ("You live in Bonn, right?", Expects.YES_NO),
        ("Would you like it regular or express?", Expects.OPEN),
        ("What would you like?", Expects.OPEN),
        ("Okay?", Expects.YES_NO),
        ("It is on its way. Thank you!", Expects.OPEN),
        ("", Expects.OPEN),
        ("?!", Expects.OPEN),
    ],
)
def test_the_last_sentence_says_what_is_expected(said: str, expected: Expects) -> None:
    assert expects(said) is expected


@given(st.text())
def test_any_text_expects_something(said: str) -> None:
    assert expects(said) in Expects
