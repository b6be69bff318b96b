"""The three engine services, connected once a process and shared by all sessions."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from antiphon.channel import connect
from antiphon.v1.generator_pb2_grpc import GeneratorStub
from antiphon.v1.recognizer_pb2_grpc import RecognizerStub
from antiphon.v1.synthesizer_pb2_grpc import SynthesizerStub
from server.engines import generator, recognizer, synthesizer
from server.engines.apologies import Apologies
from server.engines.deadlines import Deadlines
from server.engines.learning import learn_recogniser, learn_voices
from server.engines.pulse import ASK_S, Pulse
from server.realtime.offer import Offer
from server.settings import ServerSettings

NAMES = ("asr", "llm", "tts")


@dataclass(frozen=True, slots=True)
class Pulses:
    """The engines' pulses, by the names of their services' settings."""

    asr: Pulse = field(default_factory=lambda: Pulse(recognizer.SERVICE))
    llm: Pulse = field(default_factory=lambda: Pulse(generator.SERVICE))
    tts: Pulse = field(default_factory=lambda: Pulse(synthesizer.SERVICE))

    def __iter__(self) -> Iterator[Pulse]:
        return iter((self.asr, self.llm, self.tts))

    async def readiness(self) -> AsyncIterator[bool]:
        """Yield whether all engines are ready, at once and whenever that changes."""
        told: bool | None = None
        while True:
            ready = not self.missing
            if ready is not told:
                told = ready
                yield ready
            await asyncio.sleep(ASK_S)

    @property
    def missing(self) -> list[str]:
        """Names of the engines that are not ready."""
        return [name for name, pulse in zip(NAMES, self, strict=True) if not pulse.ready]

    async def until_ready(self) -> None:
        """Return once each of them has been ready, since this was asked or still."""
        for pulse in self:
            await pulse.until_ready()


@dataclass(frozen=True, slots=True)
class Services:
    """Stubs of the engine services; `pulses` tell whether each gives a sign of life."""

    recognizer: RecognizerStub
    generator: GeneratorStub
    synthesizer: SynthesizerStub
    channels: tuple[grpc.aio.Channel, ...] = ()
    pulses: Pulses = field(default_factory=Pulses)
    deadlines: Deadlines = field(default_factory=Deadlines)
    apologies: Apologies = field(default_factory=Apologies)
    offer: Offer = field(default_factory=Offer)

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        """For the length of the block take the engines' pulses, learn what they offer, make apologies."""
        async with asyncio.TaskGroup() as tasks:
            watching: list[asyncio.Task[None]] = [
                tasks.create_task(pulse.watch(partial(_serves, channel)))
                for pulse, channel in zip(self.pulses, self.channels, strict=True)
            ]
            tts, asr = self.pulses.tts, self.pulses.asr
            watching += [
                tasks.create_task(self.apologies.make(self.synthesizer, tts)),
                tasks.create_task(learn_voices(self.offer, self.synthesizer, tts)),
                tasks.create_task(learn_recogniser(self.offer, self.recognizer, asr)),
            ]
            try:
                yield
            finally:
                for task in watching:
                    task.cancel()

    async def close(self) -> None:
        """Close the connections; calls in progress are cancelled."""
        for channel in self.channels:
            await channel.close()


def open_services(settings: ServerSettings, apology: str = "") -> Services:
    """Return the services at the addresses in `settings`; each connects when it is first used.

    `apology` is what is said where one of them fails.
    """
    asr, llm, tts = connect(settings.asr), connect(settings.llm), connect(settings.tts)
    sign_s = settings.deadlines.sign_ms / 1000
    services = (recognizer.SERVICE, generator.SERVICE, synthesizer.SERVICE)
    return Services(
        RecognizerStub(asr),
        GeneratorStub(llm),
        SynthesizerStub(tts),
        (asr, llm, tts),
        Pulses(*(Pulse(service, sign_s, ready=False) for service in services)),
        settings.deadlines,
        Apologies(apology),
    )


async def _serves(channel: grpc.aio.Channel) -> bool:
    stub: Any = health_pb2_grpc.HealthStub(channel)
    answer = await stub.Check(health_pb2.HealthCheckRequest())
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)
