from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.llm.piece_cache import LONGEST_KEPT_CHARS, PieceCache
from inference.llm.tokenizer import Tokenizer
from tests.inference.llm.small_model import END, START, write_model


class Letters:
    """Encodes each letter, counts what it was asked, and knows the tokens "<a>" and "<a>>"."""

    special_tokens = ("<a>", "<a>>")

    def __init__(self) -> None:
        self.asked: list[str] = []

    def encode(self, text: str) -> list[int]:
        self.asked.append(text)
        cut = text.replace("<a>>", "\x01").replace("<a>", "\x00")
        return [ord(letter) for letter in cut]


@given(st.lists(st.sampled_from(["<a>", "<a>>", "<a", ">", "b", " ", "\n", "é"])))
def test_it_encodes_as_the_whole(parts: list[str]) -> None:
    letters = Letters()
    text = "".join(parts)
    assert PieceCache(letters.encode, letters.special_tokens).encode(text) == letters.encode(text)


@given(st.lists(st.sampled_from([START, END, "word ", "é", "\n"])))
def test_it_encodes_as_a_tokenizer_does(tokenizer: Tokenizer, parts: list[str]) -> None:
    text = "".join(parts)
    cache = PieceCache(tokenizer._encode_whole, tokenizer.special_tokens)
    assert cache.encode(text) == tokenizer._encode_whole(text)


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Tokenizer:
    return Tokenizer(write_model(tmp_path_factory.mktemp("model")))


def test_what_was_said_before_is_not_encoded_again() -> None:
    letters = Letters()
    cache = PieceCache(letters.encode, letters.special_tokens)
    cache.encode("<a>instructions<a>hello")
    letters.asked.clear()
    cache.encode("<a>instructions<a>hello<a>and more")
    assert letters.asked == ["and more"]


def test_a_long_piece_is_not_kept() -> None:
    letters = Letters()
    cache = PieceCache(letters.encode, letters.special_tokens)
    for _ in range(2):
        cache.encode("b" * (LONGEST_KEPT_CHARS + 1))
    assert letters.asked[-2:] == ["b" * (LONGEST_KEPT_CHARS + 1)] * 2


def test_where_cutting_matters_nothing_is_cut() -> None:
    """Metaspace tokenizers put a space before whatever they are given."""

    def encode(text: str) -> list[int]:
        return [ord(letter) for letter in f" {text}"]

    assert PieceCache(encode, ("<a>",)).encode("b<a>c") == encode("b<a>c")


def test_without_special_tokens_nothing_is_cut() -> None:
    letters = Letters()
    assert PieceCache(letters.encode, ()).encode("b c") == letters.encode("b c")
