"""Riva's recognition as a client meets it, over gRPC, with an engine service of the test's own behind."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any, cast

import grpc
import numpy as np
import pytest
import soundfile

from antiphon.errors import AntiphonError, Conflict, Exhausted, InvalidInput, Unavailable
from antiphon.timing import Timing, from_trailers
from antiphon.v1 import common_pb2
from antiphon.v1 import recognizer_pb2 as pb
from server.conversation.outbox import STALL_S
from server.edge.patience import IDLE_S
from server.engines.guests import Guests
from server.riva.protos import asr, asr_grpc, audio
from server.riva.recognition import Recognition
from tests.server.edge.house import AUTHORIZED, MOST_GUESTS, Engines, problem_of, visit
from tests.server.fakes import FakeGenerator, FakeRecognizer, FakeSynthesizer, services
from tests.virtual_time import run_virtual

RATE_HZ = 16_000
SECOND = np.random.default_rng(0).integers(-3000, 3000, RATE_HZ).astype("<i2").tobytes()
CONFIG = {
    "encoding": audio.LINEAR_PCM,
    "sample_rate_hertz": RATE_HZ,
    "language_code": "en-US",
    "enable_automatic_punctuation": True,
}
TIMING = Timing(1, 2, 3)
REQUEST = {"value": "client-7"}


class Ears(Engines):
    """Understands "One." and so on: an utterance at every `finish` and at the end."""

    def __init__(self) -> None:
        self.configs: list[pb.RecognizeConfig] = []
        self.audio = bytearray()
        self.hangs_up = asyncio.Event()
        self.full = asyncio.Event()
        self.count = 0

    async def Recognize(self, requests: AsyncIterator[pb.RecognizeRequest], context: Any) -> None:
        self.count = 0
        try:
            async for request in requests:
                match request.WhichOneof("request"):
                    case "config":
                        self.configs.append(request.config)
                        if len(self.configs) == MOST_GUESTS:
                            self.full.set()
                    case "audio":
                        self.audio += request.audio
                    case "finish":
                        await self._tell(context)
            if self.audio:
                await self._tell(context)
            context.set_trailing_metadata(TIMING.trailers())
        finally:
            self.hangs_up.set()

    async def GetInfo(self, request: common_pb2.GetInfoRequest, context: Any) -> Any:
        return common_pb2.ServiceInfo(engine="ears", capabilities=["phrases"])

    async def _tell(self, context: Any) -> None:
        text = ("One.", "Two.", "Three.")[self.count]
        self.count += 1
        partial = pb.Partial(text=text[:2], stable_chars=1)
        await context.write(pb.RecognizeResponse(partial=partial))
        final = pb.Final(text=text, language="en", end_ms=500, probability=0.5)
        await context.write(pb.RecognizeResponse(final=final))
        await context.write(pb.RecognizeResponse(final=pb.Final()))


def config(**fields: Any) -> Any:
    return asr.RecognitionConfig(**CONFIG | fields)


def first(*, interim: bool = False, **fields: Any) -> Any:
    streaming = asr.StreamingRecognitionConfig(config=config(**fields), interim_results=interim)
    return asr.StreamingRecognizeRequest(streaming_config=streaming, id=REQUEST)


def sound(data: bytes, **fields: Any) -> Any:
    return asr.StreamingRecognizeRequest(audio_content=data, **fields)


def file(kind: str) -> bytes:
    made = io.BytesIO()
    soundfile.write(made, np.frombuffer(SECOND, "<i2"), RATE_HZ, format=kind)
    return made.getvalue()


async def recognise(channel: grpc.aio.Channel, data: bytes, **fields: Any) -> Any:
    stub = asr_grpc.RivaSpeechRecognitionStub(channel)
    request = asr.RecognizeRequest(config=config(**fields), audio=data, id=REQUEST)
    return await stub.Recognize(request, metadata=AUTHORIZED)


def streaming(channel: grpc.aio.Channel, requests: Sequence[Any]) -> Any:
    stub = asr_grpc.RivaSpeechRecognitionStub(channel)
    return stub.StreamingRecognize(iter(requests), metadata=AUTHORIZED)


def texts(results: Any) -> list[str]:
    return [result.alternatives[0].transcript for result in results]


def stream(tmp_path: Path, *requests: Any) -> tuple[Ears, list[Any]]:
    """Return the engine after a client sent `requests` and half-closed, and what the client was told."""
    ears, told = Ears(), list[Any]()

    async def story(channel: grpc.aio.Channel) -> None:
        call = streaming(channel, requests)
        told.extend([response async for response in call])
        assert {len(response.results) for response in told} <= {1}
        assert from_trailers(await call.trailing_metadata()) in (TIMING, None)

    visit(tmp_path, ears, story)
    return ears, told


def refusal(tmp_path: Path, *requests: Any) -> AntiphonError:
    found: list[AntiphonError] = []

    async def story(channel: grpc.aio.Channel) -> None:
        found.append(await problem_of(streaming(channel, requests)))

    visit(tmp_path, Ears(), story)
    return found[0]


@pytest.mark.parametrize("kind", ["", "WAV", "FLAC"])
def test_a_recording_is_understood_in_one_answer(tmp_path: Path, kind: str) -> None:
    ears = Ears()

    async def story(channel: grpc.aio.Channel) -> None:
        data, encoding = SECOND, audio.LINEAR_PCM
        if kind:
            data, encoding = file(kind), audio.ENCODING_UNSPECIFIED
        answer = await recognise(channel, data, encoding=encoding)
        assert texts(answer.results) == ["One. "]
        assert answer.results[0].audio_processed == pytest.approx(1, abs=0.01)
        assert answer.results[0].alternatives[0].confidence == 0.5
        assert answer.id.value == "client-7"

    visit(tmp_path, ears, story)
    assert ears.audio == SECOND
    (asked,) = ears.configs
    assert (asked.language, asked.partials, asked.audio.sample_rate_hz) == ("en", False, RATE_HZ)


def test_a_recording_without_words_has_no_results(tmp_path: Path) -> None:
    async def story(channel: grpc.aio.Channel) -> None:
        assert not (await recognise(channel, b"\0")).results

    visit(tmp_path, Ears(), story)


def test_a_recording_without_sound_is_refused(tmp_path: Path) -> None:
    async def story(channel: grpc.aio.Channel) -> None:
        problem = await problem_of(recognise(channel, b""))
        assert isinstance(problem, InvalidInput)
        assert problem.reason == "NO_AUDIO"

    visit(tmp_path, Ears(), story)


def test_one_stream_tells_of_many_utterances(tmp_path: Path) -> None:
    over = {"runtime_config": {"force_eou": "true"}}
    requests = [first(), sound(SECOND, **over), sound(SECOND, **over), sound(SECOND)]
    ears, told = stream(tmp_path, *requests)
    results = [response.results[0] for response in told]
    assert texts(results) == ["One. ", "Two. ", "Three. "]
    assert all(result.is_final for result in results)
    assert {response.id.value for response in told} == {"client-7"}
    assert ears.audio == 3 * SECOND


def test_interim_results_are_told_where_they_are_asked_for(tmp_path: Path) -> None:
    ears, told = stream(tmp_path, first(interim=True), sound(SECOND))
    results = [response.results[0] for response in told]
    assert [
        (text, result.is_final) for text, result in zip(texts(results), results, strict=True)
    ] == [
        ("On", False),
        ("One. ", True),
    ]
    assert results[0].stability == 0.5
    assert ears.configs[0].partials


def test_samples_split_between_messages_arrive_whole(tmp_path: Path) -> None:
    pieces = [sound(SECOND[start : start + 333]) for start in range(0, len(SECOND), 333)]
    assert stream(tmp_path, first(), *pieces)[0].audio == SECOND


def test_what_the_client_asks_of_the_recogniser_reaches_it(tmp_path: Path) -> None:
    ears, _ = stream(
        tmp_path,
        first(
            max_alternatives=3,
            endpointing_config=asr.EndpointingConfig(stop_history=320),
            speech_contexts=[asr.SpeechContext(phrases=["Antiphon"], boost=4)],
        ),
        sound(SECOND),
    )
    (asked,) = ears.configs
    assert asked.silence.silence_ms == 320
    assert [(phrase.text, phrase.boost) for phrase in asked.phrases] == [("Antiphon", 4)]
    # It cannot tell alternatives, so it is not asked for any.
    assert asked.max_alternatives == 0


def test_a_stream_without_sound_ends_without_results(tmp_path: Path) -> None:
    ears, told = stream(tmp_path, first())
    assert (ears.configs, told) == ([], [])


@pytest.mark.parametrize(
    ("requests", "reason"),
    [
        ([], "CONFIG_FIRST"),
        ([sound(SECOND)], "CONFIG_FIRST"),
        ([first(), first()], "CONFIG_TWICE"),
        ([first(), sound(SECOND), first()], "CONFIG_TWICE"),
        ([first(), asr.StreamingRecognizeRequest()], "EMPTY_MESSAGE"),
        ([first(sample_rate_hertz=0), sound(SECOND)], "SAMPLE_RATE"),
        ([first(sample_rate_hertz=10**9), sound(SECOND)], "SAMPLE_RATE"),
        ([first(sample_rate_hertz=7000), sound(SECOND)], "SAMPLE_RATE"),
        ([first(encoding=audio.FLAC), sound(SECOND)], "SOUND"),
        ([first(encoding=audio.OGGOPUS), sound(SECOND)], "SOUND"),
        ([first(encoding=audio.MULAW), sound(file("FLAC"))], "ENCODING"),
        ([first(encoding=audio.FLAC), sound(file("FLAC")[:30])], "SOUND"),
        ([first(encoding=17), sound(SECOND)], "ENCODING"),
        ([first(language_code="klingon"), sound(SECOND)], "LANGUAGE"),
        ([first(audio_channel_count=99), sound(SECOND)], "CHANNELS"),
    ],
)
def test_what_means_nothing_is_refused_with_its_reason(
    tmp_path: Path, requests: list[Any], reason: str
) -> None:
    problem = refusal(tmp_path, *requests)
    assert isinstance(problem, InvalidInput)
    assert problem.reason == reason


@pytest.mark.parametrize("number", [audio.FLAC, audio.OGGOPUS])
def test_of_a_file_that_is_cut_off_what_came_is_understood(tmp_path: Path, number: int) -> None:
    made = io.BytesIO()
    samples = np.tile(np.frombuffer(SECOND, "<i2"), 4)
    kind = {audio.FLAC: ("FLAC", None), audio.OGGOPUS: ("OGG", "OPUS")}[number]
    soundfile.write(made, samples, RATE_HZ, format=kind[0], subtype=kind[1])
    data = made.getvalue()[: len(made.getvalue()) // 2]
    ears, told = stream(tmp_path, first(encoding=number), sound(data))
    assert 0.2 < len(ears.audio) / (2 * len(samples)) < 0.8
    assert len(told) == 1


def test_a_client_that_goes_away_frees_its_place_and_the_recogniser(tmp_path: Path) -> None:
    ears = Ears()

    async def story(channel: grpc.aio.Channel) -> None:
        stub = asr_grpc.RivaSpeechRecognitionStub(channel)
        # Whoever has said nothing yet takes no place.
        silent = [stub.StreamingRecognize(metadata=AUTHORIZED) for _ in range(MOST_GUESTS)]
        calls = [stub.StreamingRecognize(metadata=AUTHORIZED) for _ in range(MOST_GUESTS)]
        for call in calls:
            await call.write(first())
            await call.write(sound(SECOND))
        await ears.full.wait()
        assert isinstance(await problem_of(streaming(channel, [first()])), Exhausted)
        ears.hangs_up.clear()
        for call in calls + silent:
            call.cancel()
        await ears.hangs_up.wait()
        while True:
            try:
                await recognise(channel, SECOND)
                break
            except grpc.aio.AioRpcError as error:
                assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED

    visit(tmp_path, ears, story)


def test_models_are_listed_for_whoever_asks_without_a_key(tmp_path: Path) -> None:
    async def story(channel: grpc.aio.Channel) -> None:
        stub = asr_grpc.RivaSpeechRecognitionStub(channel)
        request = asr.RivaSpeechRecognitionConfigRequest()
        answer = await stub.GetRivaSpeechRecognitionConfig(request)
        assert [model.model_name for model in answer.model_config] == [
            "ears-online",
            "ears-offline",
        ]

    visit(tmp_path, Ears(), story)


def test_models_of_a_service_that_is_down_are_not_available(tmp_path: Path) -> None:
    async def story(channel: grpc.aio.Channel) -> None:
        stub = asr_grpc.RivaSpeechRecognitionStub(channel)
        request = asr.RivaSpeechRecognitionConfigRequest()
        with pytest.raises(grpc.aio.AioRpcError) as failed:
            await stub.GetRivaSpeechRecognitionConfig(request)
        assert failed.value.code() is grpc.StatusCode.UNIMPLEMENTED

    visit(tmp_path, Engines(), story)


class Reader:
    """A client's end without gRPC: it reads `most` messages, and then no more."""

    def __init__(self, most: int) -> None:
        self.read: list[Any] = []
        self._most = most

    def peer(self) -> str:
        return "ipv4:127.0.0.1:50000"

    async def write(self, response: Any) -> None:
        if len(self.read) >= self._most:
            await asyncio.Event().wait()
        self.read.append(response)


async def _forever(*requests: Any) -> AsyncIterator[Any]:
    for request in requests:
        yield request
    await asyncio.Event().wait()


def _unwrapped(group: BaseException) -> BaseException:
    while isinstance(group, BaseExceptionGroup):
        group = group.exceptions[0]
    return group


@pytest.mark.parametrize(
    ("most", "problem", "after_s"), [(1, Exhausted, STALL_S), (99, Conflict, IDLE_S)]
)
def test_a_client_that_no_longer_reads_or_sends_is_given_up(
    most: int, problem: type[AntiphonError], after_s: float
) -> None:
    async def main() -> None:
        fake = FakeRecognizer()
        engines = services(fake, FakeGenerator([]), FakeSynthesizer())
        reader = Reader(most)
        servicer = Recognition(engines, Guests(1))
        requests = _forever(first(interim=True), sound(SECOND))
        call = asyncio.create_task(servicer.StreamingRecognize(requests, cast(Any, reader)))
        await fake.opened.wait()
        for _ in range(3):
            fake.say("hello there")
            fake.final()
        with pytest.raises(BaseExceptionGroup) as ended:
            await call
        assert isinstance(_unwrapped(ended.value), problem)
        assert asyncio.get_running_loop().time() == pytest.approx(after_s)
        assert fake.call.cancelled

    run_virtual(main())


def test_a_recogniser_that_fails_is_told_as_unavailable(tmp_path: Path) -> None:
    class Broken(Ears):
        async def Recognize(self, requests: Any, context: Any) -> None:
            async for request in requests:
                if request.HasField("audio"):
                    await context.abort(grpc.StatusCode.UNAVAILABLE, "gone")

    async def story(channel: grpc.aio.Channel) -> None:
        problem = await problem_of(streaming(channel, [first(), sound(SECOND)]))
        assert isinstance(problem, Unavailable)

    visit(tmp_path, Broken(), story)
