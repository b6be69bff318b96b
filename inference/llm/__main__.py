"""`python -m inference.llm`: the language model as a process of its own."""

from __future__ import annotations

import gc
import logging
import signal
import sys
from contextlib import AsyncExitStack

import grpc

from antiphon.diligence import Diligence
from antiphon.observability.attribution import Attribution
from antiphon.observability.process import observed
from antiphon.observability.settings import ObservabilitySettings
from antiphon.serving import run, serve
from antiphon.settings import load
from antiphon.v1 import generator_pb2_grpc
from inference.llm import vllm_process
from inference.llm.loading import load_engine
from inference.llm.metrics import watch_over
from inference.llm.service import NAME, Generator
from inference.llm.settings import LlmSettings
from inference.settings import EngineSettings
from models.settings import ModelsSettings

log = logging.getLogger(__name__)


class Service:
    """The process: one engine, served until told to stop or until the engine is lost."""

    def __init__(self) -> None:
        self.lost = False

    async def serve(self) -> None:
        """Load the settings and the engine, answer, and close the engine at the end."""
        settings, models = load("llm", LlmSettings), load("models", ModelsSettings)
        diligence = Diligence(load("engines", EngineSettings).hung_s)
        if settings.engine == "vllm":
            vllm_process.prepare(settings.threads)
        async with AsyncExitStack() as stack:
            seen = stack.enter_context(
                observed(load("observability", ObservabilitySettings), "llm")
            )
            watch = watch_over(seen.registry)

            async def register(server: grpc.aio.Server) -> list[str]:
                loaded = await load_engine(settings, models, self._lose, diligence)
                stack.push_async_callback(loaded.engine.close)
                watch.load(loaded.engine.gate)
                # What vLLM imports takes half a second a full collection, during which nobody is answered.
                gc.collect()
                gc.freeze()
                servicer = Generator(loaded.engine, loaded.info, watch, seen.spans)
                generator_pb2_grpc.add_GeneratorServicer_to_server(servicer, server)
                return [NAME]

            beside = [seen.lag, diligence.keep]
            await serve(settings.address, register, interceptors=[Attribution()], beside=beside)

    def _lose(self) -> None:
        log.error("the engine's process ended by itself; this service stops, to be started again")
        self.lost = True
        signal.raise_signal(signal.SIGTERM)


def main() -> int:
    """Return the exit status: 1 where the engine was lost, so that whoever supervises starts it again."""
    service = Service()
    status = run(service.serve())
    return 1 if service.lost else status


if __name__ == "__main__":
    sys.exit(main())
