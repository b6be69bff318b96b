"""Callers at a door that is shut, and at one that is not."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import grpc
import httpx
import pytest
from websockets.exceptions import InvalidMessage

from antiphon.serving import ErrorInterceptor
from antiphon.v1.conversation_pb2_grpc import add_ConversationServicer_to_server
from ops.bench.bench import Transport
from ops.bench.calls import grpc_line, websocket_line
from ops.bench.crowd.knocking import AGAIN_S, DOORS, PATIENCE_S, knock
from ops.bench.services import Running
from ops.settings import Settings
from server.access.installation_key import load_or_make
from server.access.keyring import Keyring
from server.conversation.line import Line
from server.edge.converse import Converse
from server.realtime import server_events
from server.sessions import hosting
from tests.ops.bench.calls.echo_gateway import echoing
from tests.server.fake_session import FakeSession
from tests.virtual_time import run_virtual

NOWHERE = Running(Path("/none"), Settings.load({}))
TEST_S = 60.0


def test_they_come_one_after_the_other_and_again_as_they_are_told() -> None:
    came_s: list[float] = []

    async def door(gateway: Running) -> bool | None:
        came_s.append(asyncio.get_running_loop().time())
        await asyncio.sleep(0.04)
        return (True, False, None)[len(came_s) % 3]

    async def main() -> None:
        knocks = await knock(2, 12.0, door, NOWHERE)
        again = AGAIN_S + 0.04
        first = [n * again for n in range(3)]
        second = [AGAIN_S / 2 + n * again for n in range(2)]
        assert came_s == pytest.approx(sorted([*first, *second]))
        assert knocks.refused_ms == pytest.approx([40])
        assert (knocks.admitted, knocks.otherwise) == (2, 2)

    run_virtual(main())


@pytest.mark.parametrize(
    "broken",
    [None, TimeoutError(), ConnectionResetError(), InvalidMessage("x"), httpx.ReadError("x")],
    ids=repr,
)
def test_a_door_that_is_slow_or_breaks_is_counted_and_tried_again(broken: Exception | None) -> None:
    tries = 0

    async def door(gateway: Running) -> bool | None:
        nonlocal tries
        tries += 1
        if tries > 1:
            return True
        if broken is None:
            await asyncio.sleep(PATIENCE_S + 1)
            return True
        raise broken

    async def main() -> None:
        knocks = await knock(1, PATIENCE_S + AGAIN_S + 1, door, NOWHERE)
        assert (knocks.admitted, knocks.otherwise) == (0, 1)
        assert len(knocks.refused_ms) == tries - 1 > 0

    run_virtual(main())


@pytest.mark.parametrize("transport", [Transport.WEBSOCKET, Transport.WEBRTC])
def test_over_http_a_full_gateway_is_known_from_one_with_room(
    tmp_path: Path, transport: Transport
) -> None:
    async def main() -> None:
        async with echoing(tmp_path) as gateway:
            assert await DOORS[transport](gateway) is False
            async with websocket_line.dial(gateway) as line:
                await line.tell({"type": "response.cancel"})
                assert await DOORS[transport](gateway) is True
            gateway.key_file.write_text("ak_another\n")
            assert await DOORS[transport](gateway) is None

    asyncio.run(main())


def test_over_grpc_a_full_gateway_is_known_from_one_with_room(tmp_path: Path) -> None:
    gateway = Running(tmp_path, Settings.load({"ANTIPHON_SERVER__KEY_FILE": str(tmp_path / "key")}))
    gateway["server"] = f"unix:{tmp_path}/s"
    keyring = Keyring(load_or_make(gateway.key_file))
    over_grpc = DOORS[Transport.GRPC]

    async def main() -> None:
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(asyncio.timeout(TEST_S))
            sessions = await stack.enter_async_context(hosting(lambda _, token: Greeting(token), 1))
            server = grpc.aio.server(interceptors=[ErrorInterceptor()])
            stack.push_async_callback(server.stop, None)
            add_ConversationServicer_to_server(Converse(sessions, keyring), server)
            server.add_insecure_port(gateway["server"])
            await server.start()
            assert await over_grpc(gateway) is False
            while not sessions.free_seats:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            async with grpc_line.dial(gateway) as line:
                await anext(line.received())
                assert await over_grpc(gateway) is True
            gateway.key_file.write_text("ak_another\n")
            assert await over_grpc(gateway) is None

    asyncio.run(main())


class Greeting(FakeSession):
    """Says something before it is spoken to."""

    async def attend(self, line: Line) -> None:
        await line.outbox.put(server_events.state("listening"))
        await super().attend(line)
