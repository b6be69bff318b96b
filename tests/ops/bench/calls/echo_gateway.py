"""The gateway's HTTP side at a Unix socket; its sessions send back the caller's audio."""

from __future__ import annotations

import asyncio
import json
from base64 import b64decode
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from functools import partial
from pathlib import Path

from ops.bench.calls.line import Event, Line
from ops.bench.services import Running
from ops.settings import Settings
from server.access.installation_key import load_or_make
from server.access.keyring import Keyring
from server.conversation.line import Incoming
from server.conversation.line import Line as ServerLine
from server.http import app
from server.http.http_server import HttpServer
from server.http.realtime.calls import switchboard
from server.sessions import hosting
from server.webrtc.peer import Peer
from server.webrtc.settings import WebRtcSettings
from tests.server.fake_session import FakeSession
from tests.server.http.house import Echoes

Dial = Callable[[Running], AbstractAsyncContextManager[Line]]
PATIENCE_S = 60.0
FRAME_MS = 20


class Echo(FakeSession):
    """Sends back audio that came within an event too."""

    async def _take(self, item: Incoming, line: ServerLine) -> None:
        event = json.loads(item) if isinstance(item, str) else {}
        if event.get("type") == "input_audio_buffer.append":
            item = b64decode(event["audio"])
        await super()._take(item, line)


@asynccontextmanager
async def echoing(folder: Path) -> AsyncIterator[Running]:
    """Serve for the length of the block."""
    address = f"unix:{folder}/http.sock"
    environ = {
        "ANTIPHON_SERVER__KEY_FILE": str(folder / "key"),
        "ANTIPHON_SERVER__HTTP": address,
    }
    services = Running(folder, Settings.load(environ))
    keyring = Keyring(load_or_make(services.key_file))
    stop = asyncio.Event()
    answer = partial(Peer.answer, settings=WebRtcSettings())
    async with (
        asyncio.timeout(PATIENCE_S),
        hosting(lambda opening, token: Echo(token), 1) as sessions,
        switchboard(sessions, answer) as calls,
        asyncio.TaskGroup() as tasks,
    ):
        built = app.build(keyring, sessions, calls, Echoes().describe, ())
        tasks.create_task(HttpServer(built, address, sessions, 1).serve(stop))
        yield services
        stop.set()


async def echoes_of(
    dial: Dial, folder: Path, frame: bytes, *, heard: bool = True
) -> tuple[list[bytes], list[Event]]:
    """Return audio and events that came back of `frame`, played for half a second, and of an event.

    Ends when both have come; without `heard`, when the event has.
    """
    audio: list[bytes] = []
    events: list[Event] = []
    async with echoing(folder) as services, dial(services) as line, asyncio.TaskGroup() as tasks:
        tasks.create_task(_play(line, frame))
        async with aclosing(line.received()) as received:  # type: ignore[type-var]
            async for item in received:
                if isinstance(item, bytes):
                    audio.append(item)
                else:
                    events.append(item)
                if events and (not heard or any(map(_loud, audio))):
                    break
    return audio, events


async def _play(line: Line, frame: bytes) -> None:
    for _ in range(25):
        await line.hear(frame)
        await asyncio.sleep(FRAME_MS / 1000)
    await line.tell({"type": "response.cancel"})


def _loud(audio: bytes) -> bool:
    return any(audio)
