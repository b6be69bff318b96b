"""A recording through a Recognize stream."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any, cast

import numpy as np
import pytest

from antiphon import caller
from antiphon.errors import Exhausted, InvalidInput
from antiphon.v1 import recognizer_pb2 as pb
from server.http.openai.recognition import Recording
from server.sound.kind import Kind
from tests.server.fake_call import refusal
from tests.server.http.openai.counter import LIMIT_S, Counter, FakeScribe
from tests.server.sound.files import SECONDS, file_of, tone


async def pieces(data: bytes) -> AsyncIterator[bytes]:
    for at in range(0, len(data), 4096):
        yield data[at : at + 4096]


def recording(scribe: FakeScribe, *phrases: str) -> Recording:
    config = pb.RecognizeConfig(phrases=[pb.Phrase(text=text) for text in phrases])
    return Recording(cast(Any, scribe), config, "127.0.0.1:50000")


async def heard(made: Recording, data: bytes) -> list[str]:
    async with asyncio.timeout(LIMIT_S), aclosing(made.finals(pieces(data))) as finals:
        return [final.text async for final in finals]


def test_what_holds_words_comes_out_and_the_whole_sound_went_in() -> None:
    scribe = Counter().scribe
    made = recording(scribe)
    assert asyncio.run(heard(made, file_of(Kind.WAV))) == ["Get weather.", "Please!"]
    assert np.array_equal(np.frombuffer(scribe.audio, "<i2"), tone())
    assert made.duration_s == SECONDS
    assert scribe.callers == [caller.by("127.0.0.1:50000")]


@pytest.mark.parametrize("can", [True, False])
def test_phrases_are_a_hint(can: bool) -> None:
    counter = Counter()
    if not can:
        counter.infos["asr"].ClearField("capabilities")
    asyncio.run(heard(recording(counter.scribe, "Ada"), file_of(Kind.WAV)))
    assert len(counter.scribe.config.phrases) == can


def test_what_is_no_sound_names_the_file() -> None:
    with pytest.raises(InvalidInput) as told:
        asyncio.run(heard(recording(Counter().scribe), b"no sound at all"))
    assert (told.value.reason, told.value.metadata["param"]) == ("SOUND", "file")


def test_what_the_service_says_counts_more() -> None:
    scribe = Counter().scribe
    scribe.error = refusal(Exhausted("full"))
    with pytest.raises(Exhausted):
        asyncio.run(heard(recording(scribe), file_of(Kind.WAV)))


def test_whoever_leaves_ends_the_call_and_the_decoder() -> None:
    scribe = Counter().scribe
    waiting = asyncio.Event()

    async def silent() -> AsyncIterator[bytes]:
        yield file_of(Kind.MP3)[:2000]
        waiting.set()
        await asyncio.Event().wait()

    async def main() -> None:
        async def listen() -> None:
            async with aclosing(recording(scribe).finals(silent())) as finals:
                async for _ in finals:
                    pass

        listening = asyncio.create_task(listen())
        await waiting.wait()
        listening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await listening

    async def bounded() -> None:
        async with asyncio.timeout(LIMIT_S):
            await main()

    asyncio.run(bounded())
    assert scribe.calls[0].cancelled
    assert "sound-decoder" not in {thread.name for thread in threading.enumerate()}
