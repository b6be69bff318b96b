"""Word errors."""

from __future__ import annotations

import pytest

from ops.bench.hearing.word_errors import Errors, count, difference_interval, rate


@pytest.mark.parametrize(
    ("reference", "text", "language", "expected"),
    [
        ("It's twenty colours, Mr. Brown", "it is 20 colors mister brown", "en", Errors(0, 6)),
        ("red green blue", "red grin blue sky", "en", Errors(2, 3)),
        ("one", "", "en", Errors(1, 1)),
        ("", "Thank you.", "en", Errors(2, 0)),
        ("", "", "en", Errors(0, 0)),
        ("Où es-tu ?", "où es tu", "fr", Errors(0, 3)),
        ("今天好", "今天很好", "zh", Errors(1, 3)),
    ],
)
def test_counts(reference: str, text: str, language: str, expected: Errors) -> None:
    assert count(reference, text, language) == expected


def test_rate_is_over_all_words() -> None:
    assert rate([Errors(1, 1), Errors(0, 9)]) == 10
    assert rate([]) is None


def test_the_interval_is_of_the_difference_within_clips() -> None:
    # Ours has one error more on every clip of ten words, however hard the clip is.
    hard = [Errors(number, 10) for number in range(8)]
    ours = [Errors(one.errors + 1, 10) for one in hard]
    assert difference_interval(ours, hard) == pytest.approx((10, 10))
    low, high = difference_interval(hard, list(reversed(hard)))
    assert low < 0 < high
