"""`POST /v1/audio/speech`: text in, speech out as it is made."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from antiphon.audio import Encoding, decode
from antiphon.errors import InvalidInput
from antiphon.guest import AS_GUEST
from server.engines.synthesizer import Speech
from server.http.openai import sse
from server.http.openai.desk import Desk
from server.http.openai.documents import body_of, refusals
from server.http.openai.reading import read_json
from server.http.openai.speech_request import SpeechRequest
from server.http.openai.streamed import streamed
from server.realtime import session_config
from server.realtime.audio_update import voice_changes
from server.realtime.session_config import FORMATS, PCM_RATE_HZ
from server.sound.encoding import Encoder, Format, open_encoder

SPEECH_PATH = "/v1/audio/speech"
# 4096 characters as JSON escapes them take 12 bytes each at most; then the instructions.
MAX_BODY_BYTES = 256 * 1024


class SpeechRoute:
    """Speaks at 24 kHz, mono."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.router = APIRouter()
        self.router.add_api_route(
            SPEECH_PATH,
            self.create,
            methods=["POST"],
            response_model=None,
            responses=refusals(404, 413)
            | {
                200: {
                    "content": {kind.media_type: _BINARY for kind in Format} | {sse.MEDIA_TYPE: {}}
                }
            },
            openapi_extra=body_of(SpeechRequest),
        )

    async def create(self, request: Request) -> Response:
        """Return speech, of which the first bytes are sent as soon as the first chunk is made."""
        self._desk.admit(request)
        asked = await read_json(request, SpeechRequest, MAX_BODY_BYTES)
        pieces = self._spoken(asked)
        if asked.stream_format == "sse":
            return await streamed(request, sse.guarded(_events(pieces)), sse.MEDIA_TYPE)
        return await streamed(request, pieces, asked.format.media_type)

    async def _spoken(self, asked: SpeechRequest) -> AsyncGenerator[bytes, None]:
        """Yield speech in the format asked for."""
        encoder = open_encoder(asked.format, PCM_RATE_HZ)
        async with aclosing(self._chunks(asked)) as chunks:
            async for chunk in chunks:
                if piece := await _encoded(encoder, chunk):
                    yield piece
        if rest := await asyncio.to_thread(encoder.end):
            yield rest

    async def _chunks(self, asked: SpeechRequest) -> AsyncGenerator[bytes, None]:
        """Yield speech as the voice makes it; raise `InvalidInput` where it finds no word to speak."""
        silent = True
        agent = self._desk.agent
        config = replace(
            session_config.initial(agent),
            output_format=FORMATS["audio/pcm"],
            speed=asked.spoken_speed,
            **voice_changes(asked.voice, agent),
        )
        with self._desk.guests.synthesis():
            speech = Speech(self._desk.services.synthesizer, config, AS_GUEST)
            try:
                await speech.open()
                await speech.say(asked.input)
                await speech.end_of_text()
                async for chunk in speech.chunks():
                    if chunk.audio:
                        silent = False
                        yield chunk.audio
            finally:
                speech.cancel()
        if silent:
            raise InvalidInput(
                "there is nothing to speak in the text; send words", reason="NO_TEXT", param="input"
            )


_BINARY = {"schema": {"type": "string", "format": "binary"}}


async def _encoded(encoder: Encoder, audio: bytes) -> bytes:
    # A second of speech takes some ms, in which calls would otherwise be silent.
    return await asyncio.to_thread(encoder.feed, decode(audio, Encoding.PCM_S16LE))


async def _events(pieces: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    async with aclosing(pieces):
        async for piece in pieces:
            audio = base64.b64encode(piece).decode()
            yield sse.event({"type": "speech.audio.delta", "audio": audio})
    yield sse.event({"type": "speech.audio.done"})
