"""`POST /v1/chat/completions`: the language model, as it writes or as a whole."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from fastapi import APIRouter
from openai.types.chat import ChatCompletion
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from antiphon.errors import Unavailable
from antiphon.guest import AS_GUEST
from antiphon.v1 import generator_pb2 as pb
from server.engines.generator import PATIENCE_S, SERVICE
from server.engines.stream import responses
from server.http.openai import sse
from server.http.openai.capabilities import has
from server.http.openai.chat_answer import Answer
from server.http.openai.chat_prompt import generate_request
from server.http.openai.chat_request import ChatRequest
from server.http.openai.desk import Desk
from server.http.openai.documents import body_of, refusals
from server.http.openai.reading import read_json
from server.http.openai.streamed import streamed, while_connected
from server.realtime.session_config import MODEL

CHAT_PATH = "/v1/chat/completions"
# The longest context that is served has 128k tokens, of some 4 characters each.
MAX_BODY_BYTES = 1024 * 1024


class ChatRoute:
    """A seed is used where the engine can, as OpenAI promises no more; other lacks are refused with 501."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.router = APIRouter()
        self.router.add_api_route(
            CHAT_PATH,
            self.create,
            methods=["POST"],
            response_model=None,
            responses=refusals(413)
            | {200: {"model": ChatCompletion, "content": {sse.MEDIA_TYPE: {}}}},
            openapi_extra=body_of(ChatRequest),
        )

    async def create(self, request: Request) -> Response:
        """Return a completion."""
        self._desk.admit(request)
        asked = await read_json(request, ChatRequest, MAX_BODY_BYTES)
        wanted = generate_request(asked)
        options = asked.stream_options
        answer = Answer(asked.model or MODEL, bool(options and options.include_usage))
        if asked.stream:
            events = sse.guarded(_events(self._responses(wanted), answer))
            return await streamed(request, events, sse.MEDIA_TYPE)
        whole = await while_connected(request.receive, self._whole(wanted, answer))
        return JSONResponse(whole.model_dump(exclude_none=True))

    async def _whole(self, wanted: pb.GenerateRequest, answer: Answer) -> ChatCompletion:
        async with aclosing(self._responses(wanted)) as written:
            return answer.whole([response async for response in written])

    async def _responses(
        self, wanted: pb.GenerateRequest
    ) -> AsyncGenerator[pb.GenerateResponse, None]:
        """Yield what the model writes; the last is a Finish."""
        stub = self._desk.services.generator
        with self._desk.guests.generation():
            if wanted.sampling.HasField("seed") and not await has(stub, SERVICE, "seed"):
                wanted.sampling.ClearField("seed")
            call = stub.Generate(wanted, metadata=AS_GUEST)
            try:
                async for response in responses(call, SERVICE, PATIENCE_S):
                    yield response
                    if response.HasField("finish"):
                        return
            finally:
                call.cancel()
        raise Unavailable(f"the {SERVICE} service broke off; see `antiphon status`")


async def _events(
    written: AsyncGenerator[pb.GenerateResponse, None], answer: Answer
) -> AsyncGenerator[bytes, None]:
    async with aclosing(written):
        begun = False
        async for response in written:
            if not begun:
                yield sse.event(answer.begin())
                begun = True
            for chunk in answer.chunks(response):
                yield sse.event(chunk)
    yield sse.DONE
