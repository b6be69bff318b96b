"""The Conversation service: a session over one gRPC stream."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

import grpc

from antiphon.errors import Exhausted, InvalidInput
from antiphon.v1 import common_pb2
from antiphon.v1 import conversation_pb2 as pb
from antiphon.v1.conversation_pb2_grpc import ConversationServicer
from server import keys
from server.conversation.outbox import Outbox, Outgoing
from server.conversation.session import Incoming, Session
from server.engines.services import Services
from server.realtime.server_events import to_json
from server.settings import AgentSettings, ServerSettings


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

    async def Converse(
        self,
        requests: AsyncIterator[pb.ConverseRequest],
        context: grpc.aio.ServicerContext[Any, Any],
    ) -> AsyncGenerator[pb.ConverseResponse, None]:
        """See conversation.proto."""
        keys.check(context.invocation_metadata(), self._key)
        if self._sessions >= self._max_sessions:
            raise Exhausted(
                f"all {self._max_sessions} sessions are taken; try again later",
                reason="SESSIONS_FULL",
            )
        self._sessions += 1
        outbox = Outbox()
        task = asyncio.create_task(self._run(requests, outbox))
        try:
            async for item in outbox:
                yield _response(item)
            await task
        finally:
            self._sessions -= 1
            task.cancel()
            await asyncio.wait({task})

    async def GetInfo(
        self, request: common_pb2.GetInfoRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> common_pb2.ServiceInfo:
        """See common.proto."""
        return common_pb2.ServiceInfo(engine="antiphon", capabilities=["converse"])

    async def _run(self, requests: AsyncIterator[pb.ConverseRequest], outbox: Outbox) -> None:
        try:
            await Session(self._services, self._agent, outbox).run(_incoming(requests))
        finally:
            outbox.close()


async def _incoming(
    requests: AsyncIterator[pb.ConverseRequest],
) -> AsyncIterator[Incoming]:
    async for request in requests:
        match request.WhichOneof("request"):
            case "audio":
                yield request.audio
            case "event":
                yield request.event
            case _:
                raise InvalidInput("a request holds neither audio nor an event")


def _response(item: Outgoing) -> pb.ConverseResponse:
    if isinstance(item, bytes):
        return pb.ConverseResponse(audio=item)
    return pb.ConverseResponse(event=to_json(item))
