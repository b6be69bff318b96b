"""Questions to an engine service that answers, and to one that hangs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from antiphon.errors import Unavailable, Unsupported
from antiphon.v1.common_pb2 import GetInfoRequest, ServiceInfo
from antiphon.v1.synthesizer_pb2 import ListVoicesRequest, ListVoicesResponse, Voice
from server.engines import inquiry
from server.engines.services import Services, open_services
from server.settings import ServerSettings
from tests.server.edge.house import Engines, serving

Story = Callable[[Services], Awaitable[None]]


class Told(Engines):
    """Says what it is; lists its voices never."""

    async def GetInfo(self, request: GetInfoRequest, context: Any) -> ServiceInfo:
        return ServiceInfo(engine="told")

    async def ListVoices(self, request: ListVoicesRequest, context: Any) -> ListVoicesResponse:
        await asyncio.Event().wait()
        raise AssertionError


class Listed(Engines):
    """Lists its voices."""

    async def ListVoices(self, request: ListVoicesRequest, context: Any) -> ListVoicesResponse:
        return ListVoicesResponse(voices=[Voice(name="joe")])


def ask(tmp_path: Path, engines: Engines, story: Story) -> None:
    async def main() -> None:
        address = f"unix:{tmp_path}/engines"
        services = open_services(ServerSettings(asr=address, llm=address, tts=address))
        async with asyncio.timeout(20), serving(engines, address):
            try:
                await story(services)
            finally:
                await services.close()

    asyncio.run(main())


def test_an_engine_says_what_it_is_and_what_it_speaks_with(tmp_path: Path) -> None:
    async def story(services: Services) -> None:
        assert (await inquiry.info(services.generator, "language model")).engine == "told"

    async def other(services: Services) -> None:
        assert [voice.name for voice in await inquiry.voices(services.synthesizer)] == ["joe"]
        with pytest.raises(Unsupported):
            await inquiry.info(services.synthesizer, "speech synthesis")

    ask(tmp_path, Told(), story)
    ask(tmp_path, Listed(), other)


def test_an_engine_that_hangs_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inquiry, "PATIENCE_S", 0.1)

    async def story(services: Services) -> None:
        with pytest.raises(Unavailable, match="speech synthesis"):
            await inquiry.voices(services.synthesizer)

    ask(tmp_path, Told(), story)
