"""The service over gRPC, with the simulated engine and a voice made for tests."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import grpc
import pytest

from antiphon.channel import connect
from antiphon.serving import ErrorInterceptor
from antiphon.status import from_rpc_error
from antiphon.timing import from_trailers
from antiphon.v1 import common_pb2
from antiphon.v1 import synthesizer_pb2 as pb
from antiphon.v1.synthesizer_pb2_grpc import (
    SynthesizerStub,
    add_SynthesizerServicer_to_server,
)
from inference.tts.bridge import BridgedEngine
from inference.tts.engine import Engine
from inference.tts.service import Parts, SynthesizerService
from inference.tts.settings import TtsSettings
from inference.tts.simulated import SimulatedEngine
from tests.inference.tts.voices import PIECES, CountingVoice

VOICE = pb.Voice(name="tester", language="en-US", licence="MIT", sample_rate_hz=22_050)
INFO = common_pb2.ServiceInfo(engine="simulated", simulated=True)
SPEECH = pb.SynthesizeRequest(text="Hello there. How are you?")


def config(**values: object) -> pb.SynthesizeRequest:
    return pb.SynthesizeRequest(config=pb.SynthesizeConfig(**values))  # type: ignore[arg-type]


def audio(encoding: int, rate_hz: int) -> pb.SynthesizeRequest:
    return config(audio=common_pb2.AudioFormat(encoding=encoding, sample_rate_hz=rate_hz))  # type: ignore[arg-type]


@asynccontextmanager
async def served(
    folder: Path, engine: Engine | None = None, max_calls: int = 2
) -> AsyncIterator[SynthesizerStub]:
    server = grpc.aio.server(interceptors=[ErrorInterceptor()])
    settings = TtsSettings(max_calls=max_calls)
    parts = Parts(settings, engine or SimulatedEngine(0.0, 0), INFO, VOICE)
    add_SynthesizerServicer_to_server(SynthesizerService(parts), server)
    address = f"unix:{folder}/tts.sock"
    server.add_insecure_port(address)
    await server.start()
    try:
        async with connect(address) as channel:
            yield SynthesizerStub(channel)
    finally:
        await server.stop(None)


async def ask(
    stub: SynthesizerStub, *requests: pb.SynthesizeRequest
) -> list[pb.SynthesizeResponse]:
    async def stream() -> AsyncIterator[pb.SynthesizeRequest]:
        for request in requests:
            yield request

    return [response async for response in stub.Synthesize(stream())]


def answers(folder: Path, *requests: pb.SynthesizeRequest) -> list[pb.SynthesizeResponse]:
    async def main() -> list[pb.SynthesizeResponse]:
        async with served(folder) as stub:
            return await ask(stub, *requests)

    return asyncio.run(main())


def test_speech(tmp_path: Path) -> None:
    chunks = [response.audio for response in answers(tmp_path, config(), SPEECH)]
    assert sum(len(chunk.audio) for chunk in chunks) > 22_050 * 2
    assert [word.span.start for chunk in chunks for word in chunk.words] == [0, 6, 13, 17, 21]


@pytest.mark.parametrize(
    ("encoding", "rate_hz", "sample_bytes"),
    [
        (common_pb2.AUDIO_ENCODING_PCM_S16LE, 24_000, 2),
        (common_pb2.AUDIO_ENCODING_PCM_F32LE, 48_000, 4),
        (common_pb2.AUDIO_ENCODING_MULAW, 8_000, 1),
        (common_pb2.AUDIO_ENCODING_ALAW, 8_000, 1),
    ],
)
def test_formats(tmp_path: Path, encoding: int, rate_hz: int, sample_bytes: int) -> None:
    own = answers(tmp_path, config(), SPEECH)
    asked = answers(tmp_path, audio(encoding, rate_hz), SPEECH)
    samples = sum(len(response.audio.audio) for response in asked) / sample_bytes
    own_samples = sum(len(response.audio.audio) for response in own) / 2
    assert samples / rate_hz == pytest.approx(own_samples / 22_050, abs=0.002)


def test_speed(tmp_path: Path) -> None:
    def length(speed: float) -> int:
        found = answers(tmp_path, config(speed=speed), SPEECH)
        return sum(len(response.audio.audio) for response in found)

    assert length(0.5) > 1.5 * length(0) == 1.5 * length(1) > 1.5 * length(2)


@pytest.mark.parametrize(
    ("requests", "status", "reason"),
    [
        ([SPEECH], grpc.StatusCode.INVALID_ARGUMENT, "CONFIG_MISSING"),
        ([pb.SynthesizeRequest()], grpc.StatusCode.INVALID_ARGUMENT, "CONFIG_MISSING"),
        ([config(voice="nobody" * 50)], grpc.StatusCode.NOT_FOUND, "UNKNOWN_VOICE"),
        ([config(speed=float("nan"))], grpc.StatusCode.INVALID_ARGUMENT, "SPEED"),
        ([config(speed=-1)], grpc.StatusCode.INVALID_ARGUMENT, "SPEED"),
        ([config(speed=2.5)], grpc.StatusCode.INVALID_ARGUMENT, "SPEED"),
        ([audio(0, 16_000)], grpc.StatusCode.INVALID_ARGUMENT, "AUDIO_ENCODING"),
        ([audio(99, 16_000)], grpc.StatusCode.INVALID_ARGUMENT, "AUDIO_ENCODING"),
        ([audio(1, 4_000)], grpc.StatusCode.INVALID_ARGUMENT, "SAMPLE_RATE"),
        ([audio(1, 0)], grpc.StatusCode.INVALID_ARGUMENT, "SAMPLE_RATE"),
        ([config(), config()], grpc.StatusCode.INVALID_ARGUMENT, "CONFIG_TWICE"),
        (
            [config(), pb.SynthesizeRequest(text="a " * 500_000)],
            grpc.StatusCode.INVALID_ARGUMENT,
            "TEXT_TOO_LONG",
        ),
    ],
)
def test_refused(
    tmp_path: Path, requests: list[pb.SynthesizeRequest], status: grpc.StatusCode, reason: str
) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        answers(tmp_path, *requests)
    error = from_rpc_error(raised.value, "tts")
    assert (raised.value.code(), error.reason) == (status, reason)
    assert len(error.message) < 300


def test_no_request_and_nothing_to_speak(tmp_path: Path) -> None:
    assert answers(tmp_path) == []
    assert answers(tmp_path, config(voice="tester"), pb.SynthesizeRequest(text="🎉")) == []


def test_a_call_ends_with_its_timing(tmp_path: Path) -> None:
    async def main() -> None:
        async with served(tmp_path, BridgedEngine(CountingVoice())) as stub:
            call = stub.Synthesize()
            await call.write(config())
            await call.write(SPEECH)
            await call.done_writing()
            while await call.read() is not grpc.aio.EOF:
                pass
            timing = from_trailers(await call.trailing_metadata())
            assert timing is not None and timing.first_output_ms > 0

    asyncio.run(main())


def test_what_it_says_of_itself(tmp_path: Path) -> None:
    async def main() -> None:
        async with served(tmp_path) as stub:
            voices = await stub.ListVoices(pb.ListVoicesRequest())
            assert list(voices.voices) == [VOICE]
            assert await stub.GetInfo(common_pb2.GetInfoRequest()) == INFO

    asyncio.run(main())


def test_a_full_service_refuses_and_recovers(tmp_path: Path) -> None:
    async def main() -> None:
        async with served(tmp_path, max_calls=1) as stub:
            first = stub.Synthesize()
            await first.write(config())
            await first.write(SPEECH)
            await first.write(pb.SynthesizeRequest(flush=pb.Flush()))
            await first.read()
            with pytest.raises(grpc.aio.AioRpcError) as raised:
                await ask(stub, config(), SPEECH)
            assert raised.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
            await first.done_writing()
            while await first.read() is not grpc.aio.EOF:
                pass
            assert await ask(stub, config(), SPEECH)

    asyncio.run(main())


def test_cancelling_stops_the_engine_and_frees_the_place(tmp_path: Path) -> None:
    voice = CountingVoice()
    voice.gate = threading.Semaphore(1)

    async def main() -> None:
        async with served(tmp_path, BridgedEngine(voice), max_calls=1) as stub:
            call = stub.Synthesize()
            await call.write(config())
            await call.write(SPEECH)
            await call.read()  # the first piece; the second waits at the gate
            call.cancel()
            voice.gate.release(1000)
            while True:  # until the cancellation has reached the service
                try:
                    assert await ask(stub, config(), pb.SynthesizeRequest(text="next"))
                    return
                except grpc.aio.AioRpcError as error:
                    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED

    asyncio.run(main())
    assert voice.spoken.count("Hello") < PIECES
    assert voice.spoken.count("next") == PIECES
