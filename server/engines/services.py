"""The three engine services, connected once a process and shared by all sessions."""

from __future__ import annotations

from dataclasses import dataclass

import grpc

from antiphon.channel import connect
from antiphon.v1.generator_pb2_grpc import GeneratorStub
from antiphon.v1.recognizer_pb2_grpc import RecognizerStub
from antiphon.v1.synthesizer_pb2_grpc import SynthesizerStub
from server.settings import ServerSettings


@dataclass(frozen=True, slots=True)
class Services:
    """Stubs of the engine services."""

    recognizer: RecognizerStub
    generator: GeneratorStub
    synthesizer: SynthesizerStub
    channels: tuple[grpc.aio.Channel, ...] = ()

    async def close(self) -> None:
        """Close the connections; calls in progress are cancelled."""
        for channel in self.channels:
            await channel.close()


def open_services(settings: ServerSettings) -> Services:
    """Return the services at the addresses in `settings`; each connects when it is first used."""
    asr, llm, tts = connect(settings.asr), connect(settings.llm), connect(settings.tts)
    return Services(RecognizerStub(asr), GeneratorStub(llm), SynthesizerStub(tts), (asr, llm, tts))
