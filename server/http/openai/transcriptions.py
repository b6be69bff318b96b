"""`POST /v1/audio/transcriptions`: a recording in, what is said in it out."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from fastapi import APIRouter
from openai.types.audio import (
    Transcription,
    TranscriptionTextDeltaEvent,
    TranscriptionTextDoneEvent,
    TranscriptionVerbose,
)
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from antiphon.v1 import recognizer_pb2 as pb
from server.http.openai import sse, transcript
from server.http.openai.desk import Desk
from server.http.openai.documents import form_of, refusals
from server.http.openai.reading import from_fields
from server.http.openai.recognition import Recording
from server.http.openai.streamed import streamed, while_connected
from server.http.openai.transcription_request import TranscriptionFields
from server.http.openai.upload import Form, read_form

TRANSCRIPTIONS_PATH = "/v1/audio/transcriptions"


class TranscriptionRoute:
    """An utterance, up to half a second of silence, is a segment."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.router = APIRouter()
        self.router.add_api_route(
            TRANSCRIPTIONS_PATH,
            self.create,
            methods=["POST"],
            response_model=None,
            responses=refusals(413)
            | {
                200: {
                    "model": TranscriptionVerbose | Transcription,
                    "content": {sse.MEDIA_TYPE: {}, "text/plain": {}},
                }
            },
            openapi_extra=form_of(TranscriptionFields),
        )

    async def create(self, request: Request) -> Response:
        """Return what was said; a place at the recogniser is held from the first byte on."""
        self._desk.admit(request)
        with self._desk.guests.recognition():
            form = await read_form(request)
            asked = from_fields(TranscriptionFields, form.fields)
            peer = request.client.host if request.client is not None else ""
            recording = Recording(self._desk.services.recognizer, asked.config(), peer)
            if not asked.stream:
                finals = await while_connected(request.receive, _all(recording, form))
                return _answer(finals, recording.duration_s, asked)
        events = self._events(recording, form)
        return await streamed(request, sse.guarded(events), sse.MEDIA_TYPE)

    async def _events(self, recording: Recording, form: Form) -> AsyncGenerator[bytes, None]:
        said = ""
        with self._desk.guests.recognition():
            async with aclosing(recording.finals(form.pieces())) as finals:
                async for final in finals:
                    delta = f" {final.text.strip()}" if said else final.text.strip()
                    said += delta
                    yield sse.event(
                        TranscriptionTextDeltaEvent(delta=delta, type="transcript.text.delta")
                    )
        yield sse.event(TranscriptionTextDoneEvent(text=said, type="transcript.text.done"))


async def _all(recording: Recording, form: Form) -> list[pb.Final]:
    async with aclosing(recording.finals(form.pieces())) as finals:
        return [final async for final in finals]


def _answer(finals: list[pb.Final], duration_s: float, asked: TranscriptionFields) -> Response:
    match asked.response_format:
        case "json":
            return _json(transcript.plain(finals, duration_s))
        case "verbose_json":
            return _json(transcript.verbose(finals, duration_s, asked))
        case "text":
            return PlainTextResponse(transcript.joined(finals) + "\n")
        case "srt":
            return PlainTextResponse(transcript.srt(finals))
        case "vtt":
            return PlainTextResponse(transcript.vtt(finals))


def _json(answer: BaseModel) -> JSONResponse:
    return JSONResponse(answer.model_dump(exclude_none=True))
