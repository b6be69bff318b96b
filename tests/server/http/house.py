"""The gateway over HTTP at a port of its own, and clients for it; sessions are what the test makes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any, Protocol

import httpx
from openai import AsyncOpenAI
from openai.types import realtime as oai
from websockets.asyncio.client import ClientConnection, connect

from antiphon.errors import InvalidInput
from antiphon.in_flight import SHUTDOWN_GRACE_S
from server.access.certificate import Certificate
from server.access.keyring import Keyring
from server.http import app
from server.http.http_server import HttpServer
from server.http.realtime.call import Peer
from server.http.realtime.calls import Calls, OpenPeer, switchboard
from server.session_maker import SessionMaker
from server.sessions import Opening, Sessions, hosting
from server.settings import AgentSettings
from tests.server.fake_session import FakeSession
from tests.server.fakes import FakeGenerator, FakeRecognizer, FakeSynthesizer, services

KEY = "ak_test"
WORDS = ["One ", "two ", "three."]
PATIENCE_S = 30


class Maker(Protocol):
    """Makes sessions."""

    def make(self, opening: Opening, resume_token: str) -> Any: ...

    def describe(self, updates: Iterable[oai.SessionUpdateEvent]) -> dict[str, Any]: ...


class Echoes:
    """Makes sessions that echo; `made` are those so far, with what each was asked for."""

    def __init__(self) -> None:
        self.made: list[tuple[FakeSession, Opening]] = []

    def make(self, opening: Opening, resume_token: str) -> FakeSession:
        session = FakeSession(resume_token)
        self.made.append((session, opening))
        return session

    def describe(self, updates: Iterable[oai.SessionUpdateEvent]) -> dict[str, Any]:
        return {"type": "realtime", "id": "sess_1", "object": "realtime.session"}


class Engines:
    """Made-up engines; `maker` makes real sessions over them."""

    def __init__(self, agent: AgentSettings | None = None) -> None:
        self.recognizer = FakeRecognizer()
        self.generator = FakeGenerator(WORDS, first_ms=5, token_ms=1)
        self.voice = FakeSynthesizer(delay_ms=5)
        self.services = services(self.recognizer, self.generator, self.voice)
        self.maker = SessionMaker(self.services, agent or AgentSettings())


async def no_peer(offer: str) -> Peer:
    raise InvalidInput("the SDP offer cannot be answered", reason="SDP", param="sdp")


class HttpHouse:
    """A gateway that serves; `open` makes it."""

    key = KEY

    def __init__(self, sessions: Sessions, calls: Calls, keyring: Keyring, url: str) -> None:
        self.sessions = sessions
        self.calls = calls
        self.keyring = keyring
        self.url = url
        self.client = httpx.AsyncClient(base_url=url, verify=False, timeout=PATIENCE_S)
        self.stop = asyncio.Event()

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        maker: Maker,
        seats: int = 4,
        open_peer: OpenPeer = no_peer,
        origins: tuple[str, ...] = (),
        certificate: Certificate | None = None,
        drain_s: float = SHUTDOWN_GRACE_S,
    ) -> AsyncIterator[HttpHouse]:
        """Serve for the length of the block."""
        keyring = Keyring(KEY)
        async with (
            asyncio.timeout(2 * PATIENCE_S),
            hosting(maker.make, seats) as sessions,
            switchboard(sessions, open_peer) as calls,
            asyncio.TaskGroup() as tasks,
        ):
            built = app.build(keyring, sessions, calls, maker.describe, origins)
            server = HttpServer(built, "127.0.0.1:0", sessions, seats, certificate, drain_s=drain_s)
            scheme = "https" if certificate else "http"
            house = cls(sessions, calls, keyring, f"{scheme}://127.0.0.1:{server.port}")
            tasks.create_task(server.serve(house.stop))
            async with house.client:
                yield house
            house.stop.set()

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}

    def socket(self, query: str = "?model=x", **options: Any) -> connect:
        """Return a WebSocket with the installation's key, unless `options` say otherwise."""
        options = {"additional_headers": self.headers, "proxy": None, **options}
        return connect(self.socket_url(query), **options)

    def socket_url(self, query: str = "?model=x") -> str:
        return f"ws{self.url.removeprefix('http')}/v1/realtime{query}"

    def openai(self) -> AsyncOpenAI:
        return AsyncOpenAI(
            api_key=self.key,
            base_url=f"{self.url}/v1",
            websocket_base_url=f"ws{self.url.removeprefix('http')}/v1",
            max_retries=0,
        )

    async def post(self, path: str, **options: Any) -> httpx.Response:
        """Post with the installation's key, unless `options` say otherwise."""
        return await self.client.post(path, **{"headers": self.headers, **options})


async def until_closed(socket: ClientConnection) -> tuple[int, str]:
    """Read to the end; return the code and the reason that the server gave."""
    await socket.wait_closed()
    assert socket.close_code is not None
    return socket.close_code, socket.close_reason or ""
