"""Riva's synthesis as a client meets it, over gRPC, with a voice of the test's own behind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import grpc
import pytest

from antiphon.errors import AntiphonError, Conflict, Exhausted, InvalidInput, Unsupported
from antiphon.timing import Timing, from_trailers
from antiphon.v1 import common_pb2
from antiphon.v1 import synthesizer_pb2 as pb
from server.conversation.outbox import STALL_S
from server.edge.patience import IDLE_S
from server.engines.guests import Guests
from server.riva import synthesis as module
from server.riva.protos import audio, tts, tts_grpc
from server.riva.synthesis import Synthesis
from tests.server.edge.house import AUTHORIZED, MOST_GUESTS, Engines, problem_of, visit
from tests.server.fakes import FakeGenerator, FakeRecognizer, FakeSynthesizer, services
from tests.virtual_time import run_virtual

VOICE = pb.Voice(name="en-us-joe", language="en-US", sample_rate_hz=16_000)


class Voice(Engines):
    """Speaks a sample for each character, in a chunk of its own; silent for ever where it `hangs`."""

    def __init__(self, *, hangs: bool = False) -> None:
        self.configs: list[pb.SynthesizeConfig] = []
        self.speaks = asyncio.Event()
        self.hangs = hangs

    async def Synthesize(self, requests: AsyncIterator[pb.SynthesizeRequest], context: Any) -> None:
        async for request in requests:
            if request.HasField("config"):
                self.configs.append(request.config)
                continue
            for number, letter in enumerate(request.text):
                span = pb.TextSpan(start=number, end=number + 1)
                word = pb.SpokenWord(span=span, start_ms=number, end_ms=number + 1)
                chunk = pb.AudioChunk(audio=f"{letter}\0".encode(), words=[word])
                await context.write(pb.SynthesizeResponse(audio=chunk))
            await context.write(pb.SynthesizeResponse(flushed=pb.Flushed()))
            self.speaks.set()
            if self.hangs:
                await asyncio.Event().wait()
        context.set_trailing_metadata(Timing(1, 2, 3).trailers())

    async def ListVoices(self, request: pb.ListVoicesRequest, context: Any) -> Any:
        return pb.ListVoicesResponse(voices=[VOICE])

    async def GetInfo(self, request: common_pb2.GetInfoRequest, context: Any) -> Any:
        return common_pb2.ServiceInfo(engine="voice")


def asked(text: str, **fields: Any) -> Any:
    return tts.SynthesizeSpeechRequest(text=text, id={"value": text[:9]}, **fields)


def whole(channel: grpc.aio.Channel, request: Any) -> Any:
    return tts_grpc.RivaSpeechSynthesisStub(channel).Synthesize(request, metadata=AUTHORIZED)


def online(channel: grpc.aio.Channel, *requests: Any) -> Any:
    stub = tts_grpc.RivaSpeechSynthesisStub(channel)
    return stub.SynthesizeOnline(iter(requests), metadata=AUTHORIZED)


def test_a_text_is_spoken_whole(tmp_path: Path) -> None:
    voice = Voice()

    async def story(channel: grpc.aio.Channel) -> None:
        call = whole(channel, asked("abc", voice_name="Magpie.Aria", enable_word_time_offsets=True))
        answer = await call
        assert answer.audio == b"a\0b\0c\0"
        assert [word.word for word in answer.meta.words] == ["a", "b", "c"]
        assert answer.id.value == "abc"
        assert from_trailers(await call.trailing_metadata()) == Timing(1, 2, 3)

    visit(tmp_path, voice, story)
    (config,) = voice.configs
    assert (config.voice, config.audio.sample_rate_hz) == ("en-us-joe", 16_000)


def test_compressed_speech_is_whole_too(tmp_path: Path) -> None:
    async def story(channel: grpc.aio.Channel) -> None:
        answer = await whole(channel, asked("abc", encoding=audio.OGGOPUS))
        assert answer.audio.startswith(b"OggS")
        assert b"OpusHead" in answer.audio

    visit(tmp_path, Voice(), story)


def test_texts_are_spoken_as_they_come(tmp_path: Path) -> None:
    async def story(channel: grpc.aio.Channel) -> None:
        call = tts_grpc.RivaSpeechSynthesisStub(channel).SynthesizeOnline(metadata=AUTHORIZED)
        for text in ("ab", "c"):
            await call.write(asked(text))
            for letter in text:
                response = await call.read()
                assert (response.audio, response.id.value) == (f"{letter}\0".encode(), text)
        await call.done_writing()
        assert await call.read() == grpc.aio.EOF
        assert from_trailers(await call.trailing_metadata()) == Timing(2, 4, 3)

    visit(tmp_path, Voice(), story)


def test_a_stream_without_text_ends_without_speech(tmp_path: Path) -> None:
    voice = Voice()

    async def story(channel: grpc.aio.Channel) -> None:
        assert [response async for response in online(channel)] == []

    visit(tmp_path, voice, story)
    assert voice.configs == []


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (asked(""), "NO_TEXT"),
        (asked("a" * 1024 * 1024), "TEXT_TOO_LONG"),
        (asked("a", sample_rate_hz=10**9), "SAMPLE_RATE"),
        (asked("a", encoding=5), "ENCODING"),
        (asked("a", language_code="fr-FR"), "LANGUAGE"),
        (asked("<speak>"), "SSML"),
    ],
)
def test_what_means_nothing_is_refused_whole_and_in_pieces(
    tmp_path: Path, request_: Any, reason: str
) -> None:
    async def story(channel: grpc.aio.Channel) -> None:
        for call in (whole(channel, request_), online(channel, asked("a"), request_)):
            problem = await problem_of(call)
            assert isinstance(problem, InvalidInput)
            assert problem.reason == reason

    visit(tmp_path, Voice(), story)


def test_no_voice_is_copied(tmp_path: Path) -> None:
    async def story(channel: grpc.aio.Channel) -> None:
        request = asked("a", zero_shot_data=tts.ZeroShotData(audio_prompt=b"RIFF"))
        assert isinstance(await problem_of(whole(channel, request)), Unsupported)

    visit(tmp_path, Voice(), story)


def test_speech_that_is_too_long_to_be_held_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_WHOLE_BYTES", 4)

    async def story(channel: grpc.aio.Channel) -> None:
        assert (await whole(channel, asked("ab"))).audio == b"a\0b\0"
        problem = await problem_of(whole(channel, asked("abc")))
        assert isinstance(problem, InvalidInput)
        assert "SynthesizeOnline" in problem.message
        assert len([response async for response in online(channel, asked("abc"))]) == 3

    visit(tmp_path, Voice(), story)


def test_no_more_are_served_than_there_are_places(tmp_path: Path) -> None:
    voice = Voice(hangs=True)

    async def story(channel: grpc.aio.Channel) -> None:
        # Whoever has said nothing yet takes no place.
        stub = tts_grpc.RivaSpeechSynthesisStub(channel)
        silent = [stub.SynthesizeOnline(metadata=AUTHORIZED) for _ in range(MOST_GUESTS)]
        calls = [online(channel, asked("a")) for _ in range(MOST_GUESTS)]
        for call in calls:
            assert (await call.read()).audio == b"a\0"
        assert isinstance(await problem_of(whole(channel, asked("b"))), Exhausted)
        for call in calls + silent:
            call.cancel()

    visit(tmp_path, voice, story)


def test_voices_are_listed_for_whoever_asks_without_a_key(tmp_path: Path) -> None:
    async def story(channel: grpc.aio.Channel) -> None:
        stub = tts_grpc.RivaSpeechSynthesisStub(channel)
        answer = await stub.GetRivaSynthesisConfig(tts.RivaSynthesisConfigRequest())
        (model,) = answer.model_config
        assert model.parameters["voice_name"] == "en-us-joe"
        assert model.parameters["engine"] == "voice"

    visit(tmp_path, Voice(), story)


class Voiceless(Engines):
    """Lists what it cannot tell of."""

    async def ListVoices(self, request: pb.ListVoicesRequest, context: Any) -> Any:
        return pb.ListVoicesResponse()


@pytest.mark.parametrize("engines", [Engines(), Voiceless()])
def test_a_service_that_cannot_tell_is_no_failure_of_the_gateways(
    tmp_path: Path, engines: Engines
) -> None:
    async def story(channel: grpc.aio.Channel) -> None:
        stub = tts_grpc.RivaSpeechSynthesisStub(channel)
        problem = await problem_of(stub.GetRivaSynthesisConfig(tts.RivaSynthesisConfigRequest()))
        assert isinstance(problem, Unsupported)

    visit(tmp_path, engines, story)


class Listed(FakeSynthesizer):
    """A fake that has a voice."""

    async def ListVoices(self, request: pb.ListVoicesRequest, **_: float) -> pb.ListVoicesResponse:
        return pb.ListVoicesResponse(
            voices=[pb.Voice(name="x", language="en", sample_rate_hz=24_000)]
        )


class Reader:
    """A client's end without gRPC, which reads or does not."""

    def __init__(self, *, reads: bool) -> None:
        self._reads = reads

    async def write(self, response: Any) -> None:
        if not self._reads:
            await asyncio.Event().wait()


async def _forever(*requests: Any) -> AsyncIterator[Any]:
    for request in requests:
        yield request
    await asyncio.Event().wait()


@pytest.mark.parametrize(
    ("reads", "problem", "after_s"), [(False, Exhausted, STALL_S), (True, Conflict, IDLE_S)]
)
def test_a_client_that_no_longer_reads_or_sends_is_given_up(
    reads: bool, problem: type[AntiphonError], after_s: float
) -> None:
    async def main() -> None:
        engines = services(FakeRecognizer(), FakeGenerator([]), Listed(delay_ms=0))
        servicer = Synthesis(engines, Guests(1))
        context = cast(Any, Reader(reads=reads))
        with pytest.raises((AntiphonError, BaseExceptionGroup)) as ended:
            await servicer.SynthesizeOnline(_forever(asked("Hello.")), context)
        error: BaseException = ended.value
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        assert isinstance(error, problem)
        assert asyncio.get_running_loop().time() == pytest.approx(after_s)

    run_virtual(main())
