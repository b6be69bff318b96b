from __future__ import annotations

import pytest

from antiphon.errors import InvalidInput
from server.riva.languages import primary


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("en-US", "en"),
        ("EN-us", "en"),
        ("en", "en"),
        ("de_DE", "de"),
        ("zh-Hans-CN", "zh"),
        ("haw", "haw"),
        ("multi", ""),
        ("Multi", ""),
        ("auto", ""),
        ("", ""),
    ],
)
def test_a_tag_says_its_language_or_that_it_is_to_be_found_out(tag: str, language: str) -> None:
    assert primary(tag) == language


@pytest.mark.parametrize(
    "tag", ["english", "e", "en-", "-US", "en US", "12", "en-US;rm", "é", "x" * 1000]
)
def test_what_is_no_tag_is_refused_and_shown_short(tag: str) -> None:
    with pytest.raises(InvalidInput, match="no language tag") as refused:
        primary(tag)
    assert refused.value.reason == "LANGUAGE"
    assert len(refused.value.message) < 100
