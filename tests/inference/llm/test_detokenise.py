from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.llm.detokenise import Detokeniser
from inference.llm.tokenizer import Tokenizer
from tests.inference.llm.small_model import write_model


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Tokenizer:
    return Tokenizer(write_model(tmp_path_factory.mktemp("model")))


def pieces(tokenizer: Tokenizer, data: bytes) -> list[str]:
    detokeniser = Detokeniser(tokenizer.decode)
    return [detokeniser.feed(tokenizer.id(letter_of(byte)) or 0) for byte in data]


def letter_of(byte: int) -> str:
    """Return how GPT-2's byte-level alphabet writes `byte`."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    if byte in printable:
        return chr(byte)
    return chr(256 + [b for b in range(256) if b not in printable].index(byte))


def test_a_character_of_several_tokens_comes_whole(tokenizer: Tokenizer) -> None:
    assert pieces(tokenizer, "né ☕".encode()) == ["n", "", "é", " ", "", "", "☕"]


@given(st.text())
def test_pieces_join_to_the_text(tokenizer: Tokenizer, text: str) -> None:
    found = pieces(tokenizer, (text + ".").encode())
    assert "".join(found) == text + "."


@given(st.binary())
def test_any_bytes_lose_no_character_that_is_whole(tokenizer: Tokenizer, data: bytes) -> None:
    found = pieces(tokenizer, data + b".")
    assert "".join(found) == (data + b".").decode("utf-8", "replace")
    assert all(piece == piece.encode("utf-8", "replace").decode() for piece in found)


def test_a_leading_space_that_a_decoder_drops_is_kept() -> None:
    """SentencePiece's decoder drops the space of the first token of whatever it decodes."""
    words = ["▁Hello", "▁wor", "ld", "▁!"]

    def decode(ids: object) -> str:
        return "".join(words[i] for i in ids).replace("▁", " ").removeprefix(" ")  # type: ignore[attr-defined]

    detokeniser = Detokeniser(decode)
    assert [detokeniser.feed(i) for i in range(4)] == ["Hello", " wor", "ld", " !"]
