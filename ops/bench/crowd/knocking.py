"""Callers for whom there is no room: how soon they are told."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import grpc
import httpx
from websockets.exceptions import InvalidStatus, WebSocketException

from antiphon.channel import connect
from antiphon.v1 import conversation_pb2 as pb
from antiphon.v1.conversation_pb2_grpc import ConversationStub
from ops.bench.bench import Transport
from ops.bench.calls import websocket_line
from ops.bench.services import Running
from server.access.installation_key import bearer, load

# A refusal of seconds is a failure of its own, and is counted as it is.
PATIENCE_S = 30.0
# What refusals tell a caller to wait.
AGAIN_S = 5.0
# A door that is slow (TimeoutError is an OSError) or breaks off: no refusal, and the others go on.
BROKEN = (OSError, WebSocketException, httpx.HTTPError)
FULL = 503
NO_OFFER = 400


@dataclass(slots=True)
class Knocks:
    """What came of it: ms to each refusal, and how many were let in or answered in another way."""

    refused_ms: list[float] = field(default_factory=list)
    admitted: int = 0
    otherwise: int = 0


Knock = Callable[[Running], Awaitable[bool | None]]


async def knock(callers: int, seconds: float, try_door: Knock, gateway: Running) -> Knocks:
    """Have `callers` come one after the other, and again as they are told, for `seconds`."""
    knocks = Knocks()
    async with asyncio.TaskGroup() as tasks:
        for number in range(callers):
            begin_s = AGAIN_S * number / callers
            tasks.create_task(_come(begin_s, seconds, try_door, gateway, knocks))
    return knocks


async def _come(
    begin_s: float, seconds: float, try_door: Knock, gateway: Running, knocks: Knocks
) -> None:
    loop = asyncio.get_running_loop()
    end_s = loop.time() + seconds
    await asyncio.sleep(begin_s)
    while loop.time() < end_s:
        began_s = loop.time()
        try:
            async with asyncio.timeout(PATIENCE_S):
                refused = await try_door(gateway)
        except BROKEN:
            refused = None
        if refused:
            knocks.refused_ms.append((loop.time() - began_s) * 1000)
        elif refused is None:
            knocks.otherwise += 1
        else:
            knocks.admitted += 1
        await asyncio.sleep(AGAIN_S)


async def over_websocket(gateway: Running) -> bool | None:
    """Return whether the gateway was full; None for any other refusal."""
    try:
        async with websocket_line.dial(gateway):
            return False
    except InvalidStatus as refusal:
        return _full(refusal.response.status_code, "retry-after" in refusal.response.headers)


async def over_grpc(gateway: Running) -> bool | None:
    """Return whether the gateway was full; None for any other refusal."""
    async with connect(gateway["server"]) as channel:
        call = ConversationStub(channel).Converse(metadata=bearer(load(gateway.key_file)))
        try:
            if isinstance(await call.read(), pb.ConverseResponse):
                return False
        except grpc.aio.AioRpcError as refusal:
            return refusal.code() is grpc.StatusCode.RESOURCE_EXHAUSTED or None
        finally:
            call.cancel()
    return None


async def over_webrtc(gateway: Running) -> bool | None:
    """Return whether the gateway was full; None for any other refusal.

    The offer is none: a gateway with room would look at it, and say so.
    """
    through = httpx.AsyncHTTPTransport(uds=gateway.http_socket)
    key = {"Authorization": f"Bearer {load(gateway.key_file)}"}
    headers = {**key, "Content-Type": "application/sdp"}
    async with httpx.AsyncClient(transport=through, timeout=PATIENCE_S) as client:
        answered = await client.post(
            "http://localhost/v1/realtime/calls", content="v=0\r\n", headers=headers
        )
    if answered.status_code == NO_OFFER:
        return False
    return _full(answered.status_code, "retry-after" in answered.headers)


def _full(status: int, says_when: bool) -> bool | None:
    return (status == FULL and says_when) or None


DOORS: dict[Transport, Knock] = {
    Transport.WEBSOCKET: over_websocket,
    Transport.GRPC: over_grpc,
    Transport.WEBRTC: over_webrtc,
}
