from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, cast

import pytest

from antiphon.errors import Unavailable
from antiphon.v1 import common_pb2
from antiphon.v1 import recognizer_pb2 as pb
from server.engines.recognizer import Recognition
from server.realtime import session_config
from server.realtime.session_config import FORMATS, SessionConfig, TurnDetection
from server.settings import AgentSettings
from tests.server.fake_call import FakeCall, rpc_error
from tests.server.fakes import FakeRecognizer
from tests.virtual_time import run_virtual

CONFIG = session_config.initial(AgentSettings())


def talk(
    story: Callable[[Recognition, FakeCall], Awaitable[None]], config: SessionConfig = CONFIG
) -> list[pb.RecognizeRequest]:
    """Return what an open stream had written after `story`."""

    async def main() -> list[pb.RecognizeRequest]:
        fake = FakeRecognizer()
        recognition = Recognition(cast(Any, fake), config)
        await recognition.open()
        await story(recognition, fake.call)
        return fake.call.requests

    return run_virtual(main())


async def _nothing(_: Recognition, __: FakeCall) -> None: ...


def test_it_opens_with_the_sessions_settings() -> None:
    (request,) = talk(_nothing, replace(CONFIG, language="de"))
    assert request.config == pb.RecognizeConfig(
        audio=common_pb2.AudioFormat(
            encoding=common_pb2.AUDIO_ENCODING_PCM_S16LE, sample_rate_hz=24_000
        ),
        language="de",
        external=pb.ExternalEndpointing(),
        partials=True,
        hushes=True,
    )


@pytest.mark.parametrize("detection", [None, TurnDetection("server_vad", silence_ms=700)])
def test_whoever_ends_the_turns_the_recogniser_does_not(detection: TurnDetection | None) -> None:
    (request,) = talk(_nothing, replace(CONFIG, turn_detection=detection))
    assert request.config.WhichOneof("endpointing") == "external"


def test_the_threshold_and_the_padding_of_server_vad_are_the_detectors() -> None:
    detection = TurnDetection("server_vad", 700, threshold=0.0, prefix_padding_ms=0)
    (request,) = talk(_nothing, replace(CONFIG, turn_detection=detection))
    assert request.config.HasField("voice_threshold")
    assert request.config.HasField("preroll_ms")
    other = TurnDetection("server_vad", 700, threshold=0.8, prefix_padding_ms=1000)
    (request,) = talk(_nothing, replace(CONFIG, turn_detection=other))
    assert (request.config.voice_threshold, request.config.preroll_ms) == (0.8, 1000)


@pytest.mark.parametrize(
    ("wire", "size", "fed_ms"),
    [("audio/pcm", 960, 20), ("audio/pcmu", 161, 20.125), ("audio/pcma", 8000, 1000)],
)
def test_what_was_fed_is_counted_in_ms(wire: str, size: int, fed_ms: float) -> None:
    async def story(recognition: Recognition, _: FakeCall) -> None:
        assert recognition.fed_ms == 0
        await recognition.feed(bytes(size))
        assert recognition.fed_ms == fed_ms

    assert talk(story, replace(CONFIG, input_format=FORMATS[wire]))[1].audio == bytes(size)


def test_finish_asks_for_the_final() -> None:
    requests = talk(lambda recognition, _: recognition.finish_utterance())
    assert requests[1].WhichOneof("request") == "finish"


def test_after_the_half_close_the_final_comes_unasked() -> None:
    async def story(recognition: Recognition, call: FakeCall) -> None:
        await recognition.half_close()
        await recognition.finish_utterance()
        assert call.half_closed.is_set()

    assert len(talk(story)) == 1


async def _finals(recognition: Recognition) -> list[str]:
    return [event.final.text async for event in recognition.events()]


def test_events_end_with_the_stream_once_it_was_half_closed() -> None:
    async def story(recognition: Recognition, call: FakeCall) -> None:
        call.send(pb.RecognizeResponse(final=pb.Final(text="bye")))
        await recognition.half_close()
        assert await _finals(recognition) == ["bye"]

    talk(story)


def test_an_end_before_that_is_a_failure() -> None:
    async def story(recognition: Recognition, call: FakeCall) -> None:
        call.end()
        with pytest.raises(Unavailable, match="speech recognition service ended the stream"):
            await _finals(recognition)

    talk(story)


def test_a_failure_names_the_service() -> None:
    async def story(recognition: Recognition, call: FakeCall) -> None:
        call.fail(rpc_error())
        with pytest.raises(Unavailable, match="speech recognition"):
            await _finals(recognition)
        with pytest.raises(Unavailable, match="speech recognition"):
            await recognition.feed(b"")

    talk(story)


def test_cancel_drops_it() -> None:
    async def story(recognition: Recognition, call: FakeCall) -> None:
        reading = asyncio.create_task(_finals(recognition))
        await asyncio.sleep(0)
        recognition.cancel()
        await asyncio.wait({reading})
        assert call.cancelled
        assert reading.cancelled()

    talk(story)


def test_positions_go_on_where_the_session_was() -> None:
    async def main() -> None:
        fake = FakeRecognizer()
        recognition = Recognition(cast(Any, fake), CONFIG, from_ms=1000)
        await recognition.feed(bytes(960))
        assert recognition.fed_ms == 1020
        fake.call.send(
            pb.RecognizeResponse(speech_started=pb.SpeechStarted(start_ms=1)),
            pb.RecognizeResponse(partial=pb.Partial(text="a")),
            pb.RecognizeResponse(pause=pb.Pause(end_ms=2)),
            pb.RecognizeResponse(speech_resumed=pb.SpeechResumed(start_ms=2.5)),
            pb.RecognizeResponse(final=pb.Final(start_ms=3, end_ms=4)),
        )
        await recognition.half_close()
        started, _, pause, resumed, final = [event async for event in recognition.events()]
        assert started.speech_started.start_ms == 1001
        assert pause.pause.end_ms == 1002
        assert resumed.speech_resumed.start_ms == 1002.5
        assert (final.final.start_ms, final.final.end_ms) == (1003, 1004)

    run_virtual(main())
