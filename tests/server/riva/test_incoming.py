from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from antiphon.errors import Conflict, InvalidInput
from server.edge.patience import IDLE_S
from server.riva.incoming import Incoming
from server.riva.protos import asr
from tests.virtual_time import run_virtual

CONFIG = asr.StreamingRecognizeRequest(streaming_config=asr.StreamingRecognitionConfig())
END = {"force_eou": "true"}


def sent(audio: bytes | None = None, runtime: dict[str, str] | None = None) -> Any:
    return asr.StreamingRecognizeRequest(audio_content=audio, runtime_config=runtime)


async def _stream(*requests: Any) -> AsyncIterator[Any]:
    for request in requests:
        yield request


def take(*requests: Any) -> list[bytes | str]:
    """Return the audio after the configuration, and where an utterance is ended."""
    taken: list[bytes | str] = []

    async def end() -> None:
        taken.append("end")

    async def main() -> None:
        incoming = Incoming(_stream(CONFIG, *requests))
        await incoming.first()
        incoming.on_end_of_utterance = end
        async for audio in incoming.audio():
            taken.append(audio)  # noqa: PERF401 - `end` appends in between

    run_virtual(main())
    return taken


@pytest.mark.parametrize("first", [[], [sent(b"x")], [sent(runtime=END)], [sent()]])
def test_the_configuration_comes_first(first: list[Any]) -> None:
    with pytest.raises(InvalidInput) as refused:
        run_virtual(Incoming(_stream(*first)).first())
    assert refused.value.reason == "CONFIG_FIRST"


def test_the_configuration_is_returned_as_it_came() -> None:
    assert run_virtual(Incoming(_stream(CONFIG)).first()) == CONFIG


def test_audio_follows_and_empty_audio_is_none() -> None:
    assert take(sent(b"a"), sent(b""), sent(b"b")) == [b"a", b"b"]


@pytest.mark.parametrize("value", ["true", "True", "TRUE"])
def test_a_client_may_end_an_utterance_with_a_piece_after_it_or_between_pieces(value: str) -> None:
    ends = {"force_eou": value}
    assert take(sent(b"a", ends), sent(b"", ends), sent(None, ends), sent(b"b")) == [
        b"a",
        "end",
        "end",
        "end",
        b"b",
    ]


def test_other_runtime_configuration_ends_nothing() -> None:
    assert take(sent(b"a", {"force_eou": "false"}), sent(None, {"other": "true"})) == [b"a"]


def test_before_anybody_listens_nothing_is_to_be_ended() -> None:
    async def main() -> list[bytes]:
        return [audio async for audio in Incoming(_stream(sent(b"a", END))).audio()]

    assert run_virtual(main()) == [b"a"]


@pytest.mark.parametrize(
    ("request_", "reason"), [(CONFIG, "CONFIG_TWICE"), (sent(), "EMPTY_MESSAGE")]
)
def test_what_is_no_audio_is_refused(request_: Any, reason: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        take(sent(b"a"), request_)
    assert refused.value.reason == reason


def test_a_stream_that_is_forgotten_is_ended() -> None:
    async def forgotten() -> AsyncIterator[Any]:
        yield CONFIG
        await asyncio.sleep(IDLE_S + 1)

    async def main() -> None:
        incoming = Incoming(forgotten())
        await incoming.first()
        with pytest.raises(Conflict):
            await anext(incoming.audio())

    run_virtual(main())
