"""The gRPC servicer `nvidia.riva.asr.RivaSpeechRecognition`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, TypeAlias

import grpc

from antiphon.errors import InvalidInput
from antiphon.timing import Timing
from antiphon.v1 import recognizer_pb2 as pb
from server.edge.replies import write
from server.engines.guests import Guests
from server.engines.inquiry import info
from server.engines.recognizer import SERVICE
from server.engines.services import Services
from server.riva import models
from server.riva.incoming import Incoming
from server.riva.intake import ENDLESS_S
from server.riva.listener import Listener
from server.riva.protos import asr, asr_grpc
from server.riva.recognition_config import read
from server.riva.transcripts import Transcripts

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"  # not generic at run time


class Recognition(asr_grpc.RivaSpeechRecognitionServicer):  # type: ignore[misc]
    """Riva's recognition by our own."""

    def __init__(self, services: Services, guests: Guests) -> None:
        self._stub = services.recognizer
        self._guests = guests

    async def Recognize(self, request: Any, context: Context) -> Any:
        """Return what is said in a recording, an utterance a result."""
        asked = read(request.config)
        if not request.audio:
            raise InvalidInput("the request holds no audio", reason="NO_AUDIO", param="audio")
        finals: list[pb.Final] = []

        async def tell(event: pb.RecognizeResponse) -> None:
            if event.HasField("final"):
                finals.append(event.final)

        listener = Listener(self._stub, asked, context.peer())
        with self._guests.recognition():
            timing = await listener.listen(_only(request.audio), tell)
        _report(timing, context)
        told = (Transcripts(asked).whole(final, listener.fed_s) for final in finals)
        return asr.RecognizeResponse(
            results=[result for result in told if result is not None], id=request.id
        )

    async def StreamingRecognize(self, requests: AsyncIterator[Any], context: Context) -> None:
        """Tell what is said as it is said, utterance after utterance, until the client half-closes."""
        incoming = Incoming(requests)
        first = await incoming.first()
        streaming = first.streaming_config
        asked = read(streaming.config, partials=streaming.interim_results)
        transcripts = Transcripts(asked)
        listener = Listener(self._stub, asked, context.peer(), ENDLESS_S)
        incoming.on_end_of_utterance = listener.end_utterance

        async def tell(event: pb.RecognizeResponse) -> None:
            result = transcripts.of(event)
            if result is not None:
                response = asr.StreamingRecognizeResponse(results=[result], id=first.id)
                await write(context, response)

        with self._guests.recognition():
            timing = await listener.listen(incoming.audio(), tell)
        _report(timing, context)

    async def GetRivaSpeechRecognitionConfig(self, request: Any, context: Context) -> Any:
        """Return what recognises here, as Riva lists its models."""
        return models.recognisers(await info(self._stub, SERVICE), request.model_name)


async def _only(audio: bytes) -> AsyncIterator[bytes]:
    yield audio


def _report(timing: Timing | None, context: Context) -> None:
    if timing is not None:
        context.set_trailing_metadata(timing.trailers())
