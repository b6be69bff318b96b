"""Which of two hypotheses to believe."""

from __future__ import annotations

from dataclasses import replace

import pytest

from inference.asr.doubt import better
from inference.asr.engine import Alternative, Hypothesis

SURE = Hypothesis("sure", "en", average_log_probability=-0.3)
DOUBTFUL = Hypothesis("doubtful", "en", average_log_probability=-1.5)
CUT_OFF = Hypothesis("and and", "en", average_log_probability=-0.1, complete=False)


@pytest.mark.parametrize(
    ("first", "again", "text"),
    [
        (DOUBTFUL, SURE, "sure"),
        (DOUBTFUL, replace(SURE, average_log_probability=-2), "doubtful"),
        (CUT_OFF, DOUBTFUL, "doubtful"),
        (DOUBTFUL, CUT_OFF, "doubtful"),
    ],
)
def test_the_likelier_but_no_loop(first: Hypothesis, again: Hypothesis, text: str) -> None:
    assert better(first, again).text == text


def test_alternatives_come_from_either_and_never_hold_the_text() -> None:
    others = (Alternative("doubtful", -1.6), Alternative("else", -1.7))
    again = replace(SURE, average_log_probability=-2, alternatives=others)
    assert better(DOUBTFUL, again).alternatives == others[1:]
    assert better(CUT_OFF, again).alternatives == others
