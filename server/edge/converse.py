"""The Conversation service: a session over one gRPC stream."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from functools import partial
from typing import Any

import grpc

from antiphon.errors import InvalidInput
from antiphon.v1 import common_pb2
from antiphon.v1 import conversation_pb2 as pb
from antiphon.v1.conversation_pb2_grpc import ConversationServicer
from server.access.keyring import Keyring
from server.conversation.line import Incoming, Line
from server.conversation.outbox import Audio, Outbox, Outgoing
from server.door import Transport
from server.edge.replies import write
from server.realtime.server_events import to_json
from server.sessions import Opening, Sessions

# The recogniser's own bound: 21 s of speech in the widest format.
MAX_AUDIO_BYTES = 1024 * 1024
# Instructions of some 40,000 words; speech does not travel in events here.
MAX_EVENT_BYTES = 256 * 1024
RESUME_METADATA = "antiphon-resume-token"
# gRPC ends the requests of a cancelled call as it ends those of a half-closed one, and cancels the call's
# handler an iteration of the loop later.
CANCELLED_S = 0.1
# TCP within a building delivers a lost packet again within some 50 ms.
LEAD_MS = 100.0


class Converse(ConversationServicer):
    """A call is a line of its session: half-closed, the session is over; cancelled or broken, it waits."""

    def __init__(self, sessions: Sessions, keyring: Keyring) -> None:
        self._sessions = sessions
        self._keyring = keyring

    async def Converse(
        self,
        requests: AsyncIterator[pb.ConverseRequest],
        context: grpc.aio.ServicerContext[Any, Any],
    ) -> None:
        """See conversation.proto."""
        metadata = context.invocation_metadata() or ()
        grant = self._keyring.check_metadata(metadata)
        opening = Opening(grant.updates, _resume_token(metadata), Transport.GRPC)
        with self._sessions.seat(opening) as seat:
            line = Line(_incoming(requests), Outbox(), LEAD_MS)
            await seat.converse(line, partial(_write, context))

    async def GetInfo(
        self, request: common_pb2.GetInfoRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> common_pb2.ServiceInfo:
        """See common.proto."""
        return common_pb2.ServiceInfo(engine="antiphon", capabilities=["converse"])


def _resume_token(metadata: Iterable[tuple[str, str | bytes]]) -> str:
    return next((str(value) for name, value in metadata if name == RESUME_METADATA), "")


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
    await asyncio.sleep(CANCELLED_S)


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
    await write(context, _response(item))


def _response(item: Outgoing) -> pb.ConverseResponse:
    if isinstance(item, Audio):
        return pb.ConverseResponse(audio=item.data)
    return pb.ConverseResponse(event=to_json(item))
