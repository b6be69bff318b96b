"""Abbreviations and symbols that are said as words."""

from __future__ import annotations

import pytest

from inference.tts.normalise.abbreviations import abbreviations
from tests.inference.tts.normalise.topics import spoken


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Dr. Smith, Mrs. Jones", {"Dr. ": "doctor", "Mrs. ": "missus"}),
        ("5 Main St. and St. John", {"St. ": "saint", "St.": "street"}),
        (
            "e.g. this, i.e. that, etc.",
            {"e.g.": "for example", "i.e.": "that is", "etc.": "et cetera"},
        ),
        ("Acme Inc. vs. Foo Ltd.", {"Inc.": "incorporated", "vs.": "versus", "Ltd.": "limited"}),
        ("Mr Smith vs Dr Jones", {"Mr": "mister", "vs": "versus", "Dr": "doctor"}),
        ("No. 5 and Nos. 6", {"No. ": "number", "Nos. ": "numbers"}),
        ("U.S. and the E.U.", {"U.S.": "U S", "E.U.": "E U"}),
        ("R&D, a & b", {"&": "and"}),
        ("3 + 4 = 7", {"+": "plus", "=": "equals"}),
        ("w/ milk, w/o sugar", {"w/": "with", "w/o": "without"}),
        ("the ICU, I am in IT.", {"ICU": "eye C U", "IT": "eye T"}),
        ("Sat. 5, Jan., and the cat sat.", {"Sat.": "Saturday", "Jan.": "January"}),
        ("The sun. Is it? No. ==>", {}),
    ],
)
def test_abbreviations(text: str, said: dict[str, str]) -> None:
    assert spoken(abbreviations, text) == said
