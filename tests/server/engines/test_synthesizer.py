from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.errors import Unavailable
from antiphon.v1 import common_pb2
from antiphon.v1 import synthesizer_pb2 as pb
from server.engines.synthesizer import PATIENCE_S, Speech
from server.realtime import session_config
from server.realtime.session_config import FORMATS
from server.settings import AgentSettings
from tests.server.fake_call import FakeCall, rpc_error
from tests.virtual_time import run_virtual

MAX_TEXT_BYTES = 16 * 1024
CONFIG = replace(
    session_config.initial(AgentSettings(voice="joe")),
    speed=1.5,
    output_format=FORMATS["audio/pcma"],
)


def talk(story: Callable[[Speech, FakeCall], Awaitable[None]]) -> list[pb.SynthesizeRequest]:
    """Return what an open stream had written after `story`."""

    async def main() -> list[pb.SynthesizeRequest]:
        call = FakeCall()
        stub: Any = type("Stub", (), {"Synthesize": lambda _, metadata: call})()
        speech = Speech(cast(Any, stub), CONFIG)
        await speech.open()
        await story(speech, call)
        return call.requests

    return run_virtual(main())


def test_it_opens_with_the_sessions_settings_and_says_what_it_is_given() -> None:
    requests = talk(lambda speech, _: speech.say("Hello."))
    assert requests == [
        pb.SynthesizeRequest(
            config=pb.SynthesizeConfig(
                voice="joe",
                speed=1.5,
                audio=common_pb2.AudioFormat(
                    encoding=common_pb2.AUDIO_ENCODING_ALAW, sample_rate_hz=8000
                ),
            )
        ),
        pb.SynthesizeRequest(text="Hello."),
    ]


@given(st.text(alphabet="aé€😀", min_size=1, max_size=40), st.integers(1, 2000))
def test_long_text_goes_in_messages_that_the_contract_allows(text: str, times: int) -> None:
    requests = talk(lambda speech, _: speech.say(text * times))[1:]
    assert "".join(request.text for request in requests) == text * times
    assert all(0 < len(request.text.encode()) <= MAX_TEXT_BYTES for request in requests)


def test_chunks_are_the_audio_until_the_service_ends() -> None:
    async def story(speech: Speech, call: FakeCall) -> None:
        call.send(
            pb.SynthesizeResponse(audio=pb.AudioChunk(audio=b"a")),
            pb.SynthesizeResponse(flushed=pb.Flushed()),
            pb.SynthesizeResponse(audio=pb.AudioChunk(audio=b"b")),
        )
        await speech.end_of_text()
        assert call.half_closed.is_set()
        call.end()
        assert [chunk.audio async for chunk in speech.chunks()] == [b"a", b"b"]

    talk(story)


def test_a_failure_names_the_service() -> None:
    async def story(speech: Speech, call: FakeCall) -> None:
        call.fail(rpc_error())
        with pytest.raises(Unavailable, match="speech synthesis"):
            await speech.say("x")
        with pytest.raises(Unavailable, match="speech synthesis"):
            await anext(aiter(speech.chunks()))

    talk(story)


def test_a_voice_that_hangs_is_given_up() -> None:
    async def story(speech: Speech, _: FakeCall) -> None:
        with pytest.raises(Unavailable, match="sent nothing"):
            await anext(aiter(speech.chunks()))
        assert asyncio.get_running_loop().time() == pytest.approx(PATIENCE_S)

    talk(story)


def test_cancel_drops_it() -> None:
    async def story(speech: Speech, call: FakeCall) -> None:
        speech.cancel()
        assert call.cancelled

    talk(story)
