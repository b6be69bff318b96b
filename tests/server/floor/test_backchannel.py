"""Which words only listen, and which want the floor."""

# ruff: noqa: RUF001 - the typographic apostrophe is meant
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.floor.backchannel import LANGUAGES, Phrases, phrases_of, words_of

ENGLISH = phrases_of("en")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ()),
        ("  ?! ", ()),
        ("Okay.", ("okay",)),
        ("Uh -huh, yep.", ("uh", "huh", "yep")),
        ("That’s it", ("that's", "it")),
        ("2019.", ("2019",)),
        ("Ja, schön!", ("ja", "schön")),
    ],
)
def test_words_have_neither_case_nor_marks(text: str, words: tuple[str, ...]) -> None:
    assert words_of(text) == words


@pytest.mark.parametrize(
    "text", ["Okay.", "Uh-huh, yep.", "Mm -hmm.", "Sure, okay.", "All right.", "Oh, I see, great."]
)
def test_these_only_listen(text: str) -> None:
    assert ENGLISH.only_listens(words_of(text))


@pytest.mark.parametrize(
    "text", ["", "Yes.", "No.", "Okay, and then?", "All.", "I see it", "seven"]
)
def test_these_do_not_or_say_nothing(text: str) -> None:
    assert not ENGLISH.only_listens(words_of(text))


@pytest.mark.parametrize(
    "text", ["Stop!", "No no no", "Okay, stop.", "Oh wait", "Hold on a second"]
)
def test_these_want_the_floor(text: str) -> None:
    assert ENGLISH.takes_over(words_of(text))


@pytest.mark.parametrize("text", ["", "Okay.", "The bus stop", "Hold", "seven"])
def test_these_may_want_it_or_not(text: str) -> None:
    assert not ENGLISH.takes_over(words_of(text))


def test_a_site_adds_its_own() -> None:
    phrases = phrases_of("en", listening=["Jolly good"], takeover=["Hey Jude, Antiphon", " "])
    assert phrases.only_listens(("jolly", "good", "okay"))
    assert phrases.takes_over(("antiphon", "help"))
    assert not phrases.takes_over(("jolly",))


def test_languages_have_their_own_words_and_an_open_one_has_all() -> None:
    assert phrases_of("de").only_listens(words_of("Ach so, genau."))
    assert not phrases_of("de").only_listens(words_of("Sure."))
    every = phrases_of("")
    assert all(every.listening >= phrases_of(code).listening for code in LANGUAGES)
    assert every.takes_over(("arrête",))


def test_in_a_language_without_a_list_every_word_counts() -> None:
    assert phrases_of("fi") == Phrases(frozenset(), frozenset())
    assert not phrases_of("fi").only_listens(("okay",))


@given(st.lists(st.sampled_from(sorted(ENGLISH.listening)), min_size=1, max_size=6))
def test_listening_after_listening_is_listening(phrases: list[tuple[str, ...]]) -> None:
    words = tuple(word for phrase in phrases for word in phrase)
    assert ENGLISH.only_listens(words)
    assert ENGLISH.takes_over((*words, "wait"))
