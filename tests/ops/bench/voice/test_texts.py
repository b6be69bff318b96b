"""The benchmark's texts."""

from __future__ import annotations

import re

import pytest

from ops.bench.voice.texts import TEXTS


@pytest.mark.parametrize("words", TEXTS)
def test_texts_are_as_long_as_they_say_and_in_plain_words(words: int) -> None:
    assert len(TEXTS[words]) == 3
    for text in TEXTS[words]:
        assert len(text.split()) == words
        assert re.fullmatch(r"[A-Za-z ,.?']+", text)


def test_the_lengths_that_the_figures_name() -> None:
    assert list(TEXTS) == [5, 10, 25, 60]
