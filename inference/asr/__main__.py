"""The process of speech recognition: `python -m inference.asr`."""

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
from antiphon.v1.recognizer_pb2 import DESCRIPTOR
from antiphon.v1.recognizer_pb2_grpc import add_RecognizerServicer_to_server
from inference.asr.assembly import assemble
from inference.asr.metrics import watch_over
from inference.asr.service import RecognizerService
from inference.asr.settings import AsrSettings
from inference.settings import EngineSettings
from models.settings import ModelsSettings

NAME = DESCRIPTOR.services_by_name["Recognizer"].full_name


async def main() -> None:
    """Load the models and serve until told to stop."""
    settings, models = load("asr", AsrSettings), load("models", ModelsSettings)
    diligence = Diligence(load("engines", EngineSettings).hung_s)
    with ExitStack() as closing:
        watched = closing.enter_context(
            observed(load("observability", ObservabilitySettings), "asr")
        )
        watch = watch_over(watched.registry)

        async def register(server: grpc.aio.Server) -> list[str]:
            parts = await asyncio.to_thread(assemble, settings, models, closing, watch, diligence)
            watch.waiting(lambda: parts.decoder.waiting)
            add_RecognizerServicer_to_server(RecognizerService(parts, watched.spans), server)
            return [NAME]

        beside = [watched.lag, diligence.keep]
        await serve(settings.address, register, interceptors=[Attribution()], beside=beside)


if __name__ == "__main__":
    sys.exit(run(main()))
