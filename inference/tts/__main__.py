"""The process of the voice: `python -m inference.tts`."""

from __future__ import annotations

import asyncio
import sys
from contextlib import ExitStack

import grpc

from antiphon.diligence import Diligence
from antiphon.observability.attribution import Attribution
from antiphon.observability.process import observed
from antiphon.observability.settings import ObservabilitySettings
from antiphon.serving import run, serve
from antiphon.settings import load
from antiphon.v1.synthesizer_pb2 import DESCRIPTOR
from antiphon.v1.synthesizer_pb2_grpc import add_SynthesizerServicer_to_server
from inference.settings import EngineSettings
from inference.tts.assembly import assemble
from inference.tts.metrics import watch_over
from inference.tts.service import SynthesizerService
from inference.tts.settings import TtsSettings
from models.settings import ModelsSettings

NAME = DESCRIPTOR.services_by_name["Synthesizer"].full_name


async def main() -> None:
    """Load the voice and serve until told to stop."""
    settings, models = load("tts", TtsSettings), load("models", ModelsSettings)
    diligence = Diligence(load("engines", EngineSettings).hung_s)
    with ExitStack() as closing:
        watched = closing.enter_context(
            observed(load("observability", ObservabilitySettings), "tts")
        )
        watch = watch_over(watched.registry)

        async def register(server: grpc.aio.Server) -> list[str]:
            parts = await asyncio.to_thread(assemble, settings, models, closing, watch, diligence)
            watch.waiting(lambda: parts.engine.waiting)
            add_SynthesizerServicer_to_server(
                SynthesizerService(parts, watch, watched.spans), server
            )
            return [NAME]

        beside = [watched.lag, diligence.keep]
        await serve(settings.address, register, interceptors=[Attribution()], beside=beside)


if __name__ == "__main__":
    sys.exit(run(main()))
