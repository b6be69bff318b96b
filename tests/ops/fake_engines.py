"""Engine services that answer at once with what a test gives them, over real gRPC in threads."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from antiphon.v1 import (
    common_pb2,
    conversation_pb2_grpc,
    generator_pb2_grpc,
    recognizer_pb2,
    recognizer_pb2_grpc,
    synthesizer_pb2,
    synthesizer_pb2_grpc,
)

VOICE_HZ = 22_050


@dataclass
class Recognizer(recognizer_pb2_grpc.RecognizerServicer):
    """Answers a whole stream with `texts`, one utterance each."""

    texts: list[str]
    refusal: str = ""
    received: list[recognizer_pb2.RecognizeRequest] = field(default_factory=list)

    def Recognize(self, requests: Any, context: Any) -> Iterator[recognizer_pb2.RecognizeResponse]:
        if self.refusal:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, self.refusal)
        self.received.extend(requests)
        started = recognizer_pb2.SpeechStarted(start_ms=100)
        yield recognizer_pb2.RecognizeResponse(speech_started=started)
        for text in self.texts:
            final = recognizer_pb2.Final(text=text, language="en", start_ms=100, end_ms=900.4)
            yield recognizer_pb2.RecognizeResponse(final=final)

    def GetInfo(self, request: Any, context: Any) -> common_pb2.ServiceInfo:
        return common_pb2.ServiceInfo(engine="fake", model="ears", simulated=True)


@dataclass
class Synthesizer(synthesizer_pb2_grpc.SynthesizerServicer):
    """Speaks each code point as one sample of its own value."""

    voices: tuple[str, ...] = ("joe", "ann")
    refusal: str = ""
    config: synthesizer_pb2.SynthesizeConfig | None = None
    texts: list[str] = field(default_factory=list)

    def Synthesize(
        self, requests: Any, context: Any
    ) -> Iterator[synthesizer_pb2.SynthesizeResponse]:
        if self.refusal:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, self.refusal)
        for request in requests:
            if request.HasField("config"):
                self.config = request.config
                continue
            self.texts.append(request.text)
            audio = b"".join(ord(one).to_bytes(2, "little") for one in request.text.strip("."))
            chunk = synthesizer_pb2.AudioChunk(audio=audio)
            yield synthesizer_pb2.SynthesizeResponse(audio=chunk)
        yield synthesizer_pb2.SynthesizeResponse(flushed=synthesizer_pb2.Flushed())

    def ListVoices(self, request: Any, context: Any) -> synthesizer_pb2.ListVoicesResponse:
        voices = [synthesizer_pb2.Voice(name=n, sample_rate_hz=VOICE_HZ) for n in self.voices]
        return synthesizer_pb2.ListVoicesResponse(voices=voices)

    def GetInfo(self, request: Any, context: Any) -> common_pb2.ServiceInfo:
        return common_pb2.ServiceInfo(engine="fake", model="mouth")


class Generator(generator_pb2_grpc.GeneratorServicer):
    """Says what it is, and nothing else."""

    def GetInfo(self, request: Any, context: Any) -> common_pb2.ServiceInfo:
        return common_pb2.ServiceInfo(engine="fake", model="mind")


class Conversation(conversation_pb2_grpc.ConversationServicer):
    """Cannot even say what it is."""


@contextmanager
def serving(folder: Path, name: str, servicer: object) -> Iterator[str]:
    """Serve `servicer` and health checks; yield the address."""
    server = grpc.server(ThreadPoolExecutor(4))
    for kind, add in _ADD.items():
        if isinstance(servicer, kind):
            add(servicer, server)
    checks = health.HealthServicer()
    checks.set("", health_pb2.HealthCheckResponse.SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(checks, server)
    address = f"unix:{folder / name}.sock"
    server.add_insecure_port(address)
    server.start()
    try:
        yield address
    finally:
        server.stop(None).wait()


_ADD: dict[type, Any] = {
    Recognizer: recognizer_pb2_grpc.add_RecognizerServicer_to_server,
    Synthesizer: synthesizer_pb2_grpc.add_SynthesizerServicer_to_server,
    Generator: generator_pb2_grpc.add_GeneratorServicer_to_server,
    Conversation: conversation_pb2_grpc.add_ConversationServicer_to_server,
}
