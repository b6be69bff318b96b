"""A service of recognition in this process, with its models, asked over gRPC."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import grpc
import numpy as np

from antiphon.channel import connect
from antiphon.serving import SERVER_OPTIONS, ErrorInterceptor
from antiphon.settings import load
from antiphon.v1.recognizer_pb2 import Final, RecognizeRequest
from antiphon.v1.recognizer_pb2_grpc import RecognizerStub, add_RecognizerServicer_to_server
from inference.asr.assembly import assemble
from inference.asr.service import Parts, RecognizerService
from inference.asr.settings import AsrSettings
from models.settings import ModelsSettings
from tests.inference.asr.hearing import audio, clip, config, silence, stream_of
from tests.weights import weights


@dataclass(frozen=True)
class Said:
    """A recording of somebody, and the words."""

    name: str
    text: str


@dataclass(frozen=True)
class Recognition:
    """The service; a simulated one is told what is said."""

    parts: Parts

    def hear(self, *said: Said, **values: object) -> list[Final]:
        """Return what was heard of each of `said`, all on streams of their own at once."""
        return asyncio.run(asyncio.wait_for(self._hear(said, values), 120))

    async def _hear(self, said: tuple[Said, ...], values: dict[str, object]) -> list[Final]:
        server = grpc.aio.server(interceptors=[ErrorInterceptor()], options=SERVER_OPTIONS)
        add_RecognizerServicer_to_server(RecognizerService(self.parts), server)
        with tempfile.TemporaryDirectory() as folder:
            address = f"unix:{folder}/asr.sock"
            server.add_insecure_port(address)
            await server.start()
            try:
                async with connect(address) as channel:
                    stub = RecognizerStub(channel)
                    return await asyncio.gather(*(self._final(stub, one, values) for one in said))
            finally:
                await server.stop(None)

    async def _final(self, stub: RecognizerStub, said: Said, values: dict[str, object]) -> Final:
        samples = np.concatenate([clip(said.name), silence(40)])
        call = stub.Recognize(stream_of(self._config(said, values), audio(samples)))
        finals = [event.final async for event in call if event.HasField("final")]
        assert len(finals) == 1
        final: Final = finals[0]
        return final

    def _config(self, said: Said, values: dict[str, object]) -> RecognizeRequest:
        # In one utterance, whatever pauses the speaker makes.
        request = config(None, language="en", **values)
        if self.parts.info.simulated:
            request.config.simulation.text = said.text
            request.config.simulation.voiced_ms = 1000
        return request


@contextmanager
def recognition(**settings: object) -> Iterator[Recognition]:
    """Load the models of a service and have it ready; skip where there are none."""
    weights("silero-vad")
    with ExitStack() as closing:
        chosen = AsrSettings.model_validate({"end_of_turn": "", **settings})
        yield Recognition(assemble(chosen, load("models", ModelsSettings), closing))
