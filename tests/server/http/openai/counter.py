"""The API over made-up engines, and a client in the test's own process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any, cast

import grpc
import httpx
from fastapi import FastAPI

from antiphon.caller import Metadata
from antiphon.v1 import common_pb2
from antiphon.v1 import recognizer_pb2 as pb
from server.access.keyring import Keyring
from server.engines.guests import Guests
from server.engines.services import Services
from server.http import app
from server.http.openai.desk import Desk
from server.http.openai.routers import routers
from server.settings import AgentSettings
from tests.server.fake_call import FakeCall
from tests.server.fakes import FakeGenerator, FakeSynthesizer

KEY = "ak_test"
WORDS = ("One ", "two ", "three.")
HEARD = (
    pb.Final(
        text="Get weather.",
        start_ms=200,
        end_ms=1500,
        language="en",
        probability=0.5,
        words=[pb.Word(text="Get", start_ms=200, end_ms=500)],
    ),
    pb.Final(text="", start_ms=1600, end_ms=1700),
    pb.Final(text="Please!", start_ms=3_723_004, end_ms=3_724_000, language="en"),
)
LIMIT_S = 20


class FakeScribe:
    """Hears `finals` in whatever it is sent, all at the end.

    `callers` is whose calls there were. Of the last one, `audio` is what it was sent, and `config` what it
    began with.
    """

    def __init__(self, finals: Sequence[pb.Final] = HEARD) -> None:
        self.finals = finals
        self.calls: list[FakeCall] = []
        self.callers: list[Metadata] = []
        self.error: grpc.aio.AioRpcError | None = None

    def Recognize(self, metadata: Metadata) -> FakeCall:
        call = FakeCall()
        self.callers.append(metadata)

        def end() -> None:
            if any(request.audio for request in call.requests):
                call.send(pb.RecognizeResponse(partial=pb.Partial(text="Get")))
                call.send(*(pb.RecognizeResponse(final=final) for final in self.finals))
            call.fail(self.error) if self.error else call.end()

        call.on_half_close = end
        self.calls.append(call)
        return call

    @property
    def audio(self) -> bytes:
        return b"".join(request.audio for request in self.calls[-1].requests)

    @property
    def config(self) -> pb.RecognizeConfig:
        config: pb.RecognizeConfig = self.calls[-1].requests[0].config
        return config


class Counter:
    """The engines may be changed before a request; `infos` is what they say of themselves."""

    def __init__(self, guests: int = 4) -> None:
        self.scribe = FakeScribe()
        self.generator = FakeGenerator(WORDS, first_ms=1, token_ms=1)
        self.voice = FakeSynthesizer(delay_ms=1)
        self.infos = {
            "asr": common_pb2.ServiceInfo(model="whisper", capabilities=["phrases"]),
            "llm": common_pb2.ServiceInfo(model="llama"),
            "tts": common_pb2.ServiceInfo(model="joe"),
        }
        self.down: grpc.aio.AioRpcError | None = None
        for name, engine in (("asr", self.scribe), ("llm", self.generator), ("tts", self.voice)):
            cast(Any, engine).GetInfo = self._info(name)
        self.sessions = SimpleNamespace(draining=False)
        self.keyring = Keyring(KEY)
        self.desk = Desk(
            self.keyring,
            cast(Any, self.sessions),
            Services(cast(Any, self.scribe), cast(Any, self.generator), cast(Any, self.voice)),
            Guests(guests),
            AgentSettings(voice="joe"),
        )

    def app(self) -> FastAPI:
        describe: Any = None
        sessions: Any = self.sessions
        return app.build(self.keyring, sessions, cast(Any, None), describe, (), routers(self.desk))

    @asynccontextmanager
    async def client(self) -> AsyncIterator[httpx.AsyncClient]:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app()),
            base_url="http://antiphon",
            headers={"Authorization": f"Bearer {KEY}"},
        ) as client:
            yield client

    def serve(self, test: Callable[[httpx.AsyncClient], Awaitable[None]]) -> None:
        """Run `test` with a client."""

        async def main() -> None:
            async with asyncio.timeout(LIMIT_S), self.client() as client:
                await test(client)

        asyncio.run(main())

    def _info(self, name: str) -> Callable[..., Awaitable[common_pb2.ServiceInfo]]:
        async def info(*_: object, **__: object) -> common_pb2.ServiceInfo:
            if self.down is not None:
                raise self.down
            return self.infos[name]

        return info


def events(body: str) -> list[str]:
    """Return the data of server-sent events."""
    return [part.removeprefix("data: ") for part in body.split("\n\n") if part]
