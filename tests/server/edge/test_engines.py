"""The engines' services through the gateway's port: what a service in the building sees of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from antiphon.errors import Conflict, Exhausted, InvalidInput, NotFound, NotPermitted
from antiphon.timing import Timing, from_trailers
from antiphon.v1 import common_pb2, generator_pb2, recognizer_pb2, synthesizer_pb2
from antiphon.v1.generator_pb2_grpc import GeneratorStub
from antiphon.v1.recognizer_pb2_grpc import RecognizerStub
from antiphon.v1.synthesizer_pb2_grpc import SynthesizerStub
from server.edge import patience, relay
from tests.server.edge.house import AUTHORIZED, MOST_GUESTS, Engines, problem_of, visit

Context = grpc.aio.ServicerContext[Any, Any]
INFO = common_pb2.GetInfoRequest()


class Echo(Engines):
    """Answers with what it was asked."""

    def __init__(self) -> None:
        self.ended = asyncio.Event()

    async def Recognize(
        self, requests: AsyncIterator[recognizer_pb2.RecognizeRequest], context: Context
    ) -> AsyncIterator[recognizer_pb2.RecognizeResponse]:
        try:
            async for request in requests:
                if request.config.language == "xx":
                    raise InvalidInput("unknown language", reason="LANGUAGE")
                text = f"{len(request.audio)} bytes"
                yield recognizer_pb2.RecognizeResponse(final=recognizer_pb2.Final(text=text))
            context.set_trailing_metadata(Timing(1.0, 2.0, 3.0).trailers())
        finally:
            self.ended.set()

    async def Generate(
        self, request: generator_pb2.GenerateRequest, context: Context
    ) -> AsyncIterator[generator_pb2.GenerateResponse]:
        for message in request.messages:
            delta = generator_pb2.TextDelta(text=message.content)
            yield generator_pb2.GenerateResponse(text=delta)

    async def Warm(
        self, request: generator_pb2.WarmRequest, context: Context
    ) -> generator_pb2.WarmResponse:
        return generator_pb2.WarmResponse(cached_tokens=len(request.messages))

    async def Synthesize(
        self, requests: AsyncIterator[synthesizer_pb2.SynthesizeRequest], context: Context
    ) -> AsyncIterator[synthesizer_pb2.SynthesizeResponse]:
        async for request in requests:
            chunk = synthesizer_pb2.AudioChunk(audio=request.text.encode())
            yield synthesizer_pb2.SynthesizeResponse(audio=chunk)

    async def ListVoices(
        self, request: synthesizer_pb2.ListVoicesRequest, context: Context
    ) -> synthesizer_pb2.ListVoicesResponse:
        raise NotFound("no voices")

    async def GetInfo(
        self, request: common_pb2.GetInfoRequest, context: Context
    ) -> common_pb2.ServiceInfo:
        return common_pb2.ServiceInfo(engine="echo")


def test_speech_goes_in_and_text_comes_out_with_the_engines_own_timing(tmp_path: Path) -> None:
    async def story(channel: grpc.aio.Channel) -> None:
        call = RecognizerStub(channel).Recognize(metadata=AUTHORIZED)
        await call.write(recognizer_pb2.RecognizeRequest(audio=bytes(640)))
        assert (await call.read()).final.text == "640 bytes"
        await call.done_writing()
        assert await call.read() is grpc.aio.EOF
        assert from_trailers(await call.trailing_metadata()) == Timing(1.0, 2.0, 3.0)

    visit(tmp_path, Echo(), story)


def test_a_generation_is_streamed_and_its_prefix_warmed(tmp_path: Path) -> None:
    async def story(channel: grpc.aio.Channel) -> None:
        stub = GeneratorStub(channel)
        messages = [generator_pb2.Message(content=text) for text in ("a", "b")]
        request = generator_pb2.GenerateRequest(messages=messages)
        call = stub.Generate(request, metadata=AUTHORIZED)
        assert [response.text.text async for response in call] == ["a", "b"]
        warmed = await stub.Warm(generator_pb2.WarmRequest(messages=messages), metadata=AUTHORIZED)
        assert warmed.cached_tokens == 2

    visit(tmp_path, Echo(), story)


def test_text_goes_in_and_speech_comes_out(tmp_path: Path) -> None:
    async def story(channel: grpc.aio.Channel) -> None:
        call = SynthesizerStub(channel).Synthesize(metadata=AUTHORIZED)
        for text in ("Good ", "morning."):
            await call.write(synthesizer_pb2.SynthesizeRequest(text=text))
        await call.done_writing()
        assert b"".join([each.audio.audio async for each in call]) == b"Good morning."

    visit(tmp_path, Echo(), story)


@pytest.mark.parametrize("stub", [RecognizerStub, GeneratorStub, SynthesizerStub])
def test_what_an_engine_runs_is_told_without_a_key(tmp_path: Path, stub: Any) -> None:
    async def story(channel: grpc.aio.Channel) -> None:
        assert (await stub(channel).GetInfo(INFO)).engine == "echo"

    visit(tmp_path, Echo(), story)


def test_everything_else_needs_one(tmp_path: Path) -> None:
    async def story(channel: grpc.aio.Channel) -> None:
        recognizer, generator = RecognizerStub(channel), GeneratorStub(channel)
        synthesizer = SynthesizerStub(channel)
        for call in (
            recognizer.Recognize(),
            generator.Generate(generator_pb2.GenerateRequest()),
            generator.Warm(generator_pb2.WarmRequest()),
            synthesizer.Synthesize(),
            synthesizer.ListVoices(synthesizer_pb2.ListVoicesRequest()),
        ):
            assert isinstance(await problem_of(call), NotPermitted)

    visit(tmp_path, Echo(), story)


def test_an_engines_refusal_arrives_as_it_was_made(tmp_path: Path) -> None:
    async def speak() -> AsyncIterator[recognizer_pb2.RecognizeRequest]:
        config = recognizer_pb2.RecognizeConfig(language="xx")
        yield recognizer_pb2.RecognizeRequest(config=config)
        for _ in range(5):
            yield recognizer_pb2.RecognizeRequest(audio=bytes(640))

    async def story(channel: grpc.aio.Channel) -> None:
        for _ in range(20):
            call = RecognizerStub(channel).Recognize(speak(), metadata=AUTHORIZED)
            problem = await problem_of(call)
            assert isinstance(problem, InvalidInput)
            assert problem.reason == "LANGUAGE"
        request = synthesizer_pb2.ListVoicesRequest()
        call = SynthesizerStub(channel).ListVoices(request, metadata=AUTHORIZED)
        assert isinstance(await problem_of(call), NotFound)

    visit(tmp_path, Echo(), story)


def test_a_client_that_goes_away_frees_the_engine(tmp_path: Path) -> None:
    engines = Echo()

    async def story(channel: grpc.aio.Channel) -> None:
        call = RecognizerStub(channel).Recognize(metadata=AUTHORIZED)
        await call.write(recognizer_pb2.RecognizeRequest(audio=bytes(2)))
        await call.read()
        call.cancel()
        await engines.ended.wait()

    visit(tmp_path, engines, story)


def test_a_deadline_is_the_engines_too(tmp_path: Path) -> None:
    engines = Echo()

    async def story(channel: grpc.aio.Channel) -> None:
        call = RecognizerStub(channel).Recognize(metadata=AUTHORIZED, timeout=0.3)
        await call.write(recognizer_pb2.RecognizeRequest(audio=bytes(2)))
        with pytest.raises(grpc.aio.AioRpcError) as ended:
            async for _ in call:
                pass
        assert ended.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        await engines.ended.wait()

    visit(tmp_path, engines, story)


def test_a_forgotten_stream_is_ended_and_its_place_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "IDLE_S", 0.5)
    engines = Echo()

    async def story(channel: grpc.aio.Channel) -> None:
        for _ in range(2 * MOST_GUESTS):
            engines.ended.clear()
            call = RecognizerStub(channel).Recognize(metadata=AUTHORIZED)
            for _ in range(3):
                await asyncio.sleep(0.2)
                await call.write(recognizer_pb2.RecognizeRequest(audio=bytes(2)))
            problem = await problem_of(call)
            assert isinstance(problem, Conflict)
            assert problem.reason == "IDLE"
            await engines.ended.wait()

    visit(tmp_path, engines, story)


def test_what_is_longer_than_an_engine_takes_is_refused_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "MAX_MESSAGE_BYTES", 1000)

    async def story(channel: grpc.aio.Channel) -> None:
        recognizer, generator = RecognizerStub(channel), GeneratorStub(channel)
        audio = [recognizer_pb2.RecognizeRequest(audio=bytes(size)) for size in (640, 1001)]
        messages = [generator_pb2.Message(content=1000 * "x")]
        for call in (
            recognizer.Recognize(iter(audio), metadata=AUTHORIZED),
            generator.Generate(
                generator_pb2.GenerateRequest(messages=messages), metadata=AUTHORIZED
            ),
            generator.Warm(generator_pb2.WarmRequest(messages=messages), metadata=AUTHORIZED),
        ):
            problem = await problem_of(call)
            assert isinstance(problem, InvalidInput)
            assert problem.reason == "MESSAGE_TOO_LARGE"

    visit(tmp_path, Echo(), story)


def test_no_more_guests_are_let_in_than_there_are_places(tmp_path: Path) -> None:
    async def story(channel: grpc.aio.Channel) -> None:
        stub = RecognizerStub(channel)
        calls = [stub.Recognize(metadata=AUTHORIZED) for _ in range(MOST_GUESTS)]
        for call in calls:
            await call.write(recognizer_pb2.RecognizeRequest(audio=bytes(2)))
            await call.read()
        problem = await problem_of(stub.Recognize(metadata=AUTHORIZED))
        assert isinstance(problem, Exhausted)
        assert problem.reason == "GUESTS_FULL"
        # The others are not full.
        voice = SynthesizerStub(channel).Synthesize(metadata=AUTHORIZED)
        await voice.done_writing()
        assert [_ async for _ in voice] == []
        for call in calls:
            await call.done_writing()
            assert await call.read() is grpc.aio.EOF
        again = stub.Recognize(metadata=AUTHORIZED)
        await again.done_writing()
        assert [_ async for _ in again] == []

    visit(tmp_path, Echo(), story)
