from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from antiphon.errors import Misconfigured
from inference.llm.tokenizer import SHORT_CHARS, Tokenizer
from tests.inference.llm.small_model import END, END_TOKEN, START, write_model


@pytest.fixture
def tokenizer(tmp_path: Path) -> Tokenizer:
    return Tokenizer(write_model(tmp_path))


def test_text_to_ids_and_back(tokenizer: Tokenizer) -> None:
    ids = asyncio.run(tokenizer.encode(f"é{END}"))
    assert len(ids) == 3
    assert ids[-1] == END_TOKEN
    assert tokenizer.decode(ids) == "é"
    assert tokenizer.names(ids)[-1] == END


def test_long_text_gives_the_same_ids(tokenizer: Tokenizer) -> None:
    text = "ab" * SHORT_CHARS
    ids = asyncio.run(tokenizer.encode(text))
    assert ids == asyncio.run(tokenizer.encode("ab")) * SHORT_CHARS


def test_long_text_leaves_the_loop_to_others(tokenizer: Tokenizer) -> None:
    async def main() -> int:
        turns = 0
        encoding = asyncio.ensure_future(tokenizer.encode("some words " * 100_000))
        while not encoding.done():
            await asyncio.sleep(0)
            turns += 1
        return turns

    assert asyncio.run(main()) > 10


def test_what_it_tells_of_itself(tokenizer: Tokenizer) -> None:
    assert tokenizer.size == 258
    assert set(tokenizer.special_tokens) == {START, END}
    assert tokenizer.id(END) == END_TOKEN
    assert tokenizer.id("absent") is None


@pytest.mark.parametrize("text", ["", "hello", START * 9, "é" * 40])
def test_the_lower_bound_holds(tokenizer: Tokenizer, text: str) -> None:
    assert tokenizer.at_least(text) <= len(asyncio.run(tokenizer.encode(text)))


def test_the_lower_bound_is_of_use(tokenizer: Tokenizer) -> None:
    assert tokenizer.at_least("x" * 1_000_000) > 100_000


@pytest.mark.parametrize("content", [None, "{", '{"model": 1}'])
def test_a_folder_without_a_sound_tokenizer_stops_the_start(
    tmp_path: Path, content: str | None
) -> None:
    if content is not None:
        (tmp_path / "tokenizer.json").write_text(content)
    with pytest.raises(Misconfigured, match=r"tokenizer\.json"):
        Tokenizer(tmp_path)
