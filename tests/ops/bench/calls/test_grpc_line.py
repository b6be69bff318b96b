"""A benchmark's caller reaches a real gateway over gRPC."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path

import grpc
import pytest

from antiphon.v1 import conversation_pb2 as pb
from antiphon.v1.conversation_pb2_grpc import (
    ConversationServicer,
    add_ConversationServicer_to_server,
)
from ops.bench.calls.grpc_line import dial
from ops.bench.calls.line import Line
from ops.bench.services import Running
from ops.settings import Settings
from server.access.installation_key import load_or_make

# More than gRPC takes at once.
LONG = bytes(1_000_000)
HELLO = {"type": "hello"}
TIMES = 10


class Echo(ConversationServicer):
    """Says back what it is told."""

    async def Converse(self, requests, context):  # type: ignore[no-untyped-def]
        async for request in requests:
            if request.HasField("audio"):
                await context.write(pb.ConverseResponse(audio=request.audio))
            else:
                await context.write(pb.ConverseResponse(event=request.event))


async def _one_after_the_other(line: Line) -> None:
    for _ in range(TIMES):
        await line.hear(LONG)
        await line.tell(HELLO)


async def _all_at_once(line: Line) -> None:
    said = [saying for _ in range(TIMES) for saying in (line.hear(LONG), line.tell(HELLO))]
    await asyncio.gather(*said)


async def _talk(folder: Path, speak: Callable[[Line], Coroutine[None, None, None]]) -> list[object]:
    server = grpc.aio.server()
    add_ConversationServicer_to_server(Echo(), server)
    address = f"unix:{folder}/server.sock"
    server.add_insecure_port(address)
    await server.start()
    services = Running(folder, Settings.load({"ANTIPHON_SERVER__KEY_FILE": str(folder / "key")}))
    services["server"] = address
    load_or_make(services.key_file)
    heard: list[object] = []
    try:
        async with asyncio.timeout(20), dial(services) as transport:
            speaking = asyncio.create_task(speak(transport))
            async for item in transport.received():
                heard.append(item)
                if len(heard) == 2 * TIMES:
                    break
            await speaking
    finally:
        await server.stop(0)
    return heard


@pytest.mark.parametrize("speak", [_one_after_the_other, _all_at_once])
def test_audio_and_events_travel_both_ways(
    tmp_path: Path, speak: Callable[[Line], Coroutine[None, None, None]]
) -> None:
    assert asyncio.run(_talk(tmp_path, speak)) == [LONG, HELLO] * TIMES
