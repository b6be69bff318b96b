"""The service over gRPC."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import numpy as np
import pytest

from antiphon.audio import Encoding, encode
from antiphon.caller import CALLER_METADATA
from antiphon.status import from_rpc_error
from antiphon.timing import from_trailers
from antiphon.v1 import common_pb2
from antiphon.v1.recognizer_pb2 import (
    FinishUtterance,
    Phrase,
    RecognizeRequest,
    RecognizeResponse,
)
from antiphon.v1.recognizer_pb2_grpc import RecognizerStub
from inference.asr.service import MAX_AUDIO_BYTES
from tests.inference.asr.hearing import (
    FakeDecoder,
    audio,
    config,
    served,
    silence,
    stream_of,
    voice,
)

SENTENCE = audio(np.concatenate([voice(20), silence(20)]))
FINISH = RecognizeRequest(finish=FinishUtterance())


def answers(folder: Path, *requests: RecognizeRequest) -> list[RecognizeResponse]:
    async def main() -> list[RecognizeResponse]:
        async with served(folder, FakeDecoder()) as stub:
            return [event async for event in stub.Recognize(stream_of(*requests))]

    return asyncio.run(main())


def kinds(events: list[RecognizeResponse]) -> list[str | None]:
    return [event.WhichOneof("event") for event in events]


def test_two_utterances_on_one_stream(tmp_path: Path) -> None:
    events = answers(tmp_path, config(), SENTENCE, SENTENCE)
    assert kinds(events) == ["speech_started", "pause", "final"] * 2
    assert events[-1].final.text == "640 ms"
    assert events[-1].final.end_ms == 60 * 32


def test_the_client_ends_the_utterance(tmp_path: Path) -> None:
    events = answers(tmp_path, config(None), SENTENCE, FINISH, FINISH)
    assert kinds(events) == ["speech_started", "pause", "final", "final"]
    assert [event.final.text for event in events[2:]] == ["640 ms", ""]


@pytest.mark.parametrize(("encoding", "name"), list(enumerate(Encoding, start=1)))
@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 24_000, 48_000])
def test_every_encoding_and_rate(
    tmp_path: Path, encoding: common_pb2.AudioEncoding, name: Encoding, rate_hz: int
) -> None:
    tone = 20_000 * np.sin(np.arange(rate_hz) * 2 * np.pi * 440 / rate_hz)
    samples = np.concatenate([tone, np.zeros(rate_hz)]).astype(np.int16)
    start = config(audio=common_pb2.AudioFormat(encoding=encoding, sample_rate_hz=rate_hz))
    data = encode(samples, name)
    events = answers(
        tmp_path, start, *(RecognizeRequest(audio=half) for half in (data[:400], data[400:]))
    )
    assert kinds(events) == ["speech_started", "pause", "final"]
    assert events[-1].final.end_ms == pytest.approx(1000, abs=40)


def test_a_call_is_timed_and_one_without_speech_is_not(tmp_path: Path) -> None:
    async def main() -> None:
        async with served(tmp_path, FakeDecoder()) as stub:
            call = stub.Recognize(stream_of(config(), SENTENCE))
            _ = [event async for event in call]
            timing = from_trailers(await call.trailing_metadata())
            assert timing is not None
            assert (timing.compute_ms, timing.first_output_ms) == (50, 51)
            quiet = stub.Recognize(stream_of(config(), audio(silence(20))))
            assert [event async for event in quiet] == []
            assert from_trailers(await quiet.trailing_metadata()) is None

    asyncio.run(main())


def test_what_runs(tmp_path: Path) -> None:
    async def main() -> str:
        async with served(tmp_path, FakeDecoder()) as stub:
            return str((await stub.GetInfo(common_pb2.GetInfoRequest())).engine)

    assert asyncio.run(main()) == "fake"


def test_the_streams_of_one_caller_are_charged_to_it_and_others_alone(tmp_path: Path) -> None:
    decoder = FakeDecoder()

    async def main() -> None:
        async with served(tmp_path, decoder) as stub:
            for name in ("one", "one", "two", None, None, ""):
                metadata = () if name is None else ((CALLER_METADATA, name),)
                call = stub.Recognize(stream_of(config(), SENTENCE), metadata=metadata)
                _ = [event async for event in call]

    asyncio.run(main())
    one, again, *others = (job.stream for job in decoder.jobs)
    assert one == again
    assert len({one, *others}) == 5


NAN = np.array([np.nan], "<f4").tobytes()
FLOAT = config(audio=common_pb2.AudioFormat(encoding=common_pb2.AUDIO_ENCODING_PCM_F32LE))


@pytest.mark.parametrize(
    ("requests", "reason"),
    [
        ([], "CONFIG_FIRST"),
        ([SENTENCE], "CONFIG_FIRST"),
        ([RecognizeRequest()], "CONFIG_FIRST"),
        ([config(), config()], "CONFIG_TWICE"),
        ([config(), RecognizeRequest()], "EMPTY_MESSAGE"),
        ([config(), RecognizeRequest(audio=b"odd")], "SPLIT_SAMPLE"),
        ([config(), RecognizeRequest(audio=bytes(MAX_AUDIO_BYTES + 2))], "MESSAGE_TOO_LARGE"),
        ([FLOAT, RecognizeRequest(audio=NAN)], "NOT_FINITE"),
        ([config(audio=common_pb2.AudioFormat(sample_rate_hz=7))], "SAMPLE_RATE"),
    ],
)
def test_bad_input_is_refused_by_name(
    tmp_path: Path, requests: list[RecognizeRequest], reason: str
) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        answers(tmp_path, *requests)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert from_rpc_error(caught.value, "asr").reason == reason


def test_what_the_engine_has_not_is_unimplemented(tmp_path: Path) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        answers(tmp_path, config(phrases=[Phrase(text="Sherburn")]))
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED
    assert from_rpc_error(caught.value, "asr").reason == "CAPABILITY_MISSING"


def test_the_largest_message_is_taken(tmp_path: Path) -> None:
    assert answers(tmp_path, config(), RecognizeRequest(audio=bytes(MAX_AUDIO_BYTES))) == []


async def endless(*requests: RecognizeRequest) -> AsyncIterator[RecognizeRequest]:
    for request in requests:
        yield request
    await asyncio.Event().wait()


def test_a_full_service_refuses_and_a_cancelled_call_makes_room(tmp_path: Path) -> None:
    async def main() -> None:
        async with served(tmp_path, FakeDecoder(), max_streams=1) as stub:
            call = stub.Recognize(endless(config(None), SENTENCE))
            assert (await call.read()).HasField("speech_started")
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                _ = [event async for event in stub.Recognize(stream_of(config()))]
            assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
            call.cancel()
            # The cancellation reaches the service a moment after this process knows of it.
            async with asyncio.timeout(10):
                while await refused(stub):  # noqa: ASYNC110 - nothing here tells of that moment
                    await asyncio.sleep(0.01)

    asyncio.run(main())


async def refused(stub: RecognizerStub) -> bool:
    try:
        return bool([event async for event in stub.Recognize(stream_of(config()))])
    except grpc.aio.AioRpcError:
        return True


def test_a_client_that_does_not_read_does_not_stop_the_others(tmp_path: Path) -> None:
    async def main() -> None:
        async with served(tmp_path, FakeDecoder(delay_s=0)) as stub:
            deaf = stub.Recognize(endless(config(), *[SENTENCE] * 400))
            events = [event async for event in stub.Recognize(stream_of(config(), SENTENCE))]
            assert kinds(events) == ["speech_started", "pause", "final"]
            deaf.cancel()

    asyncio.run(main())


def test_a_failing_engine_fails_its_call_and_tells_no_words(tmp_path: Path) -> None:
    def fail(_: object) -> object:
        raise ValueError("secret words")

    async def main() -> None:
        async with served(tmp_path, FakeDecoder(answer=fail)) as stub:  # type: ignore[arg-type]
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                _ = [event async for event in stub.Recognize(stream_of(config(), SENTENCE))]
            assert caught.value.code() is grpc.StatusCode.INTERNAL
            assert "secret" not in str(caught.value)

    asyncio.run(main())
