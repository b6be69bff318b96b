"""The Conversation service: a session over one gRPC stream."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

import grpc

from antiphon.errors import Exhausted, InvalidInput
from antiphon.v1 import common_pb2
from antiphon.v1 import conversation_pb2 as pb
from antiphon.v1.conversation_pb2_grpc import ConversationServicer
from server import keys
from server.conversation.outbox import STALL_S, Outbox, Outgoing, stalled
from server.conversation.session import Incoming, Session
from server.engines.services import Services
from server.realtime.server_events import to_json
from server.settings import AgentSettings, ServerSettings

# The recogniser's own bound: 21 s of speech in the widest format.
MAX_AUDIO_BYTES = 1024 * 1024
# Instructions of some 40,000 words; speech does not travel in events here.
MAX_EVENT_BYTES = 256 * 1024


class Converse(ConversationServicer):
    """Serves sessions up to the settings' bound; each lives exactly as long as its call."""

    def __init__(
        self,
        services: Services,
        settings: ServerSettings,
        agent: AgentSettings,
        key: str,
    ) -> None:
        self._services = services
        self._agent = agent
        self._key = key
        self._max_sessions = settings.max_sessions
        self._sessions = 0

    @property
    def free_seats(self) -> int:
        """How many more sessions there is room for."""
        return self._max_sessions - self._sessions

    async def Converse(
        self,
        requests: AsyncIterator[pb.ConverseRequest],
        context: grpc.aio.ServicerContext[Any, Any],
    ) -> None:
        """See conversation.proto."""
        keys.check(context.invocation_metadata(), self._key)
        with self._seat():
            outbox = Outbox()
            session = asyncio.create_task(self._run(requests, outbox))
            try:
                async for item in outbox:
                    await _write(context, item)
                await session
            finally:
                # First of all: nobody reads any more, and the session's last words must not wait.
                outbox.close()
                session.cancel()
                await asyncio.gather(session, return_exceptions=True)

    async def GetInfo(
        self, request: common_pb2.GetInfoRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> common_pb2.ServiceInfo:
        """See common.proto."""
        return common_pb2.ServiceInfo(engine="antiphon", capabilities=["converse"])

    @contextmanager
    def _seat(self) -> Iterator[None]:
        if not self.free_seats:
            raise Exhausted(
                f"all {self._max_sessions} sessions are taken; try again later",
                reason="SESSIONS_FULL",
            )
        self._sessions += 1
        try:
            yield
        finally:
            self._sessions -= 1

    async def _run(self, requests: AsyncIterator[pb.ConverseRequest], outbox: Outbox) -> None:
        try:
            await Session(self._services, self._agent, outbox).run(_incoming(requests))
        finally:
            outbox.close()


async def _incoming(requests: AsyncIterator[pb.ConverseRequest]) -> AsyncIterator[Incoming]:
    async for request in requests:
        match request.WhichOneof("request"):
            case "audio":
                yield _bounded("audio", request.audio, len(request.audio), MAX_AUDIO_BYTES)
            case "event":
                event_bytes = len(request.event.encode())
                yield _bounded("event", request.event, event_bytes, MAX_EVENT_BYTES)
            case _:
                raise InvalidInput("a request holds neither audio nor an event")


def _bounded(name: str, item: Incoming, given_bytes: int, max_bytes: int) -> Incoming:
    if given_bytes > max_bytes:
        raise InvalidInput(
            f"{name} of {given_bytes} bytes is over the {max_bytes} that one message may hold",
            reason="MESSAGE_TOO_LARGE",
            param=name,
        )
    return item


async def _write(context: grpc.aio.ServicerContext[Any, Any], item: Outgoing) -> None:
    # A write waits for the client to read; the outbox's own bound starts only once it is full.
    try:
        async with asyncio.timeout(STALL_S):
            await context.write(_response(item))
    except TimeoutError:
        raise stalled() from None


def _response(item: Outgoing) -> pb.ConverseResponse:
    if isinstance(item, bytes):
        return pb.ConverseResponse(audio=item)
    return pb.ConverseResponse(event=to_json(item))
