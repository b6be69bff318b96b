"""Mistakes that clients really make, at the port of a gateway as it is deployed: which status, and why."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import grpc
import pytest

from antiphon.v1 import common_pb2, generator_pb2, synthesizer_pb2
from antiphon.v1 import recognizer_pb2 as pb
from antiphon.v1.generator_pb2_grpc import GeneratorStub
from antiphon.v1.recognizer_pb2_grpc import RecognizerStub
from antiphon.v1.synthesizer_pb2_grpc import SynthesizerStub
from server.access.installation_key import bearer
from server.conversation.outbox import STALL_S
from tests.clients.gateway import Gateway

pytestmark = [pytest.mark.slow, pytest.mark.model]

PCM = common_pb2.AUDIO_ENCODING_PCM_S16LE
MIB = 1024 * 1024

Code = grpc.StatusCode


def config(rate_hz: int = 16_000, encoding: Any = PCM, **more: Any) -> pb.RecognizeRequest:
    audio = common_pb2.AudioFormat(encoding=encoding, sample_rate_hz=rate_hz)
    return pb.RecognizeRequest(config=pb.RecognizeConfig(audio=audio, **more))


def audio(size: int) -> pb.RecognizeRequest:
    return pb.RecognizeRequest(audio=bytes(size))


@pytest.fixture(scope="module")
def channel(served: Gateway) -> Iterator[grpc.Channel]:
    with grpc.insecure_channel(served.grpc) as found:
        yield found


def refusal(make: Callable[[], Any]) -> tuple[grpc.StatusCode, str]:
    """Return the status that the call which `make` makes ends with, and its text."""
    with pytest.raises(grpc.RpcError) as refused:
        answers = make()
        if hasattr(answers, "__next__"):
            list(answers)
    error: Any = refused.value
    return error.code(), error.details()


@pytest.mark.parametrize(
    ("requests", "names"),
    [
        ([audio(640)], "config"),
        ([config(), config()], "config"),
        ([config(0)], "0 Hz"),
        ([config(10**9)], "1000000000 Hz"),
        ([config(encoding=0)], "PCM_S16LE"),
        ([config(), audio(641)], "641 bytes"),
        ([config(), audio(MIB + 2)], str(MIB)),
        ([config(), audio(5 * MIB)], str(4 * MIB)),
        ([config(silence=pb.SilenceEndpointing(silence_ms=1))], "silence_ms 1"),
        ([config(), pb.RecognizeRequest()], "neither"),
        ([], "config"),
    ],
)
def test_recognition(
    served: Gateway, channel: grpc.Channel, requests: list[pb.RecognizeRequest], names: str
) -> None:
    stub = RecognizerStub(channel)
    code, details = refusal(lambda: stub.Recognize(iter(requests), metadata=bearer(served.key)))
    assert (code, names in details) == (Code.INVALID_ARGUMENT, True), details


@pytest.mark.parametrize(
    ("method", "stream"),
    [
        ("antiphon.v1.Recognizer/Recognize", True),
        ("antiphon.v1.Synthesizer/Synthesize", True),
        ("antiphon.v1.Conversation/Converse", True),
        ("antiphon.v1.Generator/Generate", False),
        ("antiphon.v1.Synthesizer/ListVoices", False),
        ("nvidia.riva.asr.RivaSpeechRecognition/StreamingRecognize", True),
        ("nvidia.riva.asr.RivaSpeechRecognition/Recognize", False),
        ("nvidia.riva.tts.RivaSpeechSynthesis/SynthesizeOnline", True),
        ("nvidia.riva.tts.RivaSpeechSynthesis/Synthesize", False),
        ("nvidia.riva.asr.RivaSpeechRecognition/GetRivaSpeechRecognitionConfig", False),
    ],
)
def test_bytes_that_are_no_message(
    served: Gateway, channel: grpc.Channel, method: str, stream: bool
) -> None:
    options: Any = {"metadata": bearer(served.key), "timeout": 20}
    bad = b"\x0a\xff"  # a field that is longer than the message
    if stream:
        call: Any = channel.stream_stream(f"/{method}")
        code, details = refusal(lambda: call(iter([bad, bad]), **options))
    else:
        call = channel.unary_stream(f"/{method}")
        code, details = refusal(lambda: call(bad, **options))
    assert code is Code.INVALID_ARGUMENT, details
    assert "cannot be read" in details


def test_a_message_over_the_limit(served: Gateway, channel: grpc.Channel) -> None:
    stub = RecognizerStub(channel)
    requests = [config(), audio(17 * MIB)]
    code, _ = refusal(lambda: stub.Recognize(iter(requests), metadata=bearer(served.key)))
    assert code is Code.RESOURCE_EXHAUSTED


def test_a_megabyte_of_metadata(served: Gateway) -> None:
    # A client of its own: gRPC may end the connection.
    with grpc.insecure_channel(served.grpc) as channel:
        metadata = (*bearer(served.key), ("x-story", "x" * MIB))
        stub = RecognizerStub(channel)
        code, _ = refusal(lambda: stub.Recognize(iter([config()]), metadata=metadata))
        assert code in (Code.RESOURCE_EXHAUSTED, Code.UNAVAILABLE)


def test_a_deadline_of_a_millisecond(served: Gateway, channel: grpc.Channel) -> None:
    generator, voice = GeneratorStub(channel), SynthesizerStub(channel)
    message = generator_pb2.Message(role=generator_pb2.ROLE_USER, content="Hello")
    request = generator_pb2.GenerateRequest(messages=[message])
    options: Any = {"metadata": bearer(served.key), "timeout": 0.001}
    said = [
        synthesizer_pb2.SynthesizeRequest(config={}),
        synthesizer_pb2.SynthesizeRequest(text="Hello."),
    ]
    for make in (
        lambda: generator.Generate(request, **options),
        lambda: voice.Synthesize(iter(said), **options),
    ):
        assert refusal(make)[0] is Code.DEADLINE_EXCEEDED


def test_a_stream_that_is_never_half_closed_is_ended_by_its_deadline(
    served: Gateway, channel: grpc.Channel
) -> None:
    def speak() -> Iterator[pb.RecognizeRequest]:
        yield config()
        while True:
            yield audio(640)
            time.sleep(0.02)

    stub = RecognizerStub(channel)
    code, _ = refusal(lambda: stub.Recognize(speak(), metadata=bearer(served.key), timeout=1))
    assert code is Code.DEADLINE_EXCEEDED


def test_a_client_that_stops_reading_is_let_go_and_its_place_is_free(served: Gateway) -> None:
    # Small windows, or gRPC itself would read megabytes ahead for the client.
    options = [("grpc.http2.lookahead_bytes", 65_536), ("grpc.http2.bdp_probe", 0)]
    said = [
        synthesizer_pb2.SynthesizeRequest(config={}),
        *(synthesizer_pb2.SynthesizeRequest(text="Nobody listens. " * 1000) for _ in range(6)),
    ]
    with grpc.insecure_channel(served.grpc, options) as channel:
        answers = SynthesizerStub(channel).Synthesize(iter(said), metadata=bearer(served.key))
        next(answers)
        time.sleep(2 * STALL_S)
        with pytest.raises(grpc.RpcError) as refused:
            list(answers)
    error: Any = refused.value
    assert error.code() is Code.RESOURCE_EXHAUSTED
