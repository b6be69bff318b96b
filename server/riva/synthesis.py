"""The gRPC servicer `nvidia.riva.tts.RivaSpeechSynthesis`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from typing import Any, TypeAlias

import grpc

from antiphon.errors import InvalidInput
from server.edge.patience import patiently
from server.edge.replies import write
from server.engines import inquiry
from server.engines.guests import Guests
from server.engines.services import Services
from server.engines.synthesizer import SERVICE
from server.riva import models
from server.riva.protos import tts, tts_grpc
from server.riva.speaker import Speaker
from server.riva.synthesis_request import read

# Whole speech is held until its end: six minutes at 48 kHz. A client takes no more than 4 MiB in one message
# unless it was told to.
MAX_WHOLE_BYTES = 32 * 1024 * 1024

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"  # not generic at run time


class Synthesis(tts_grpc.RivaSpeechSynthesisServicer):  # type: ignore[misc]
    """Riva's synthesis by our own."""

    def __init__(self, services: Services, guests: Guests) -> None:
        self._stub = services.synthesizer
        self._guests = guests

    async def Synthesize(self, request: Any, context: Context) -> Any:
        """Return a text spoken, whole."""
        whole = tts.SynthesizeSpeechResponse(id=request.id)
        held = bytearray()

        async def tell(response: Any) -> None:
            held.extend(response.audio)
            whole.meta.words.extend(response.meta.words)
            if len(held) > MAX_WHOLE_BYTES:
                raise InvalidInput(
                    f"the speech is over {MAX_WHOLE_BYTES} bytes; ask for it with SynthesizeOnline",
                    reason="SPEECH_TOO_LONG",
                )

        with self._guests.synthesis():
            speaker = Speaker(self._stub, tell)
            await speaker.say(read(request, await inquiry.voices(self._stub)))
            await speaker.end()
        _report(speaker, context)
        whole.audio = bytes(held)
        return whole

    async def SynthesizeOnline(self, requests: AsyncIterator[Any], context: Context) -> None:
        """Speak each text as it comes, in order, and send the speech as it is made."""
        coming = patiently(requests)
        first = await anext(coming, None)
        if first is None:
            return
        speaker = Speaker(self._stub, partial(write, context))
        with self._guests.synthesis():
            voices = await inquiry.voices(self._stub)
            await speaker.say(read(first, voices), first.id)
            async for request in coming:
                await speaker.say(read(request, voices), request.id)
            await speaker.end()
        _report(speaker, context)

    async def GetRivaSynthesisConfig(self, request: Any, context: Context) -> Any:
        """Return the voices, as Riva lists its models."""
        voices = await inquiry.voices(self._stub)
        info = await inquiry.info(self._stub, SERVICE)
        return models.voices(info, voices, request.model_name)


def _report(speaker: Speaker, context: Context) -> None:
    if speaker.timing is not None:
        context.set_trailing_metadata(speaker.timing.trailers())
