"""What the engines offer is known while they are there, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, cast

from antiphon.v1.common_pb2 import ServiceInfo
from antiphon.v1.synthesizer_pb2 import ListVoicesResponse, Voice
from server.engines.learning import AGAIN_S, learn_recogniser, learn_voices
from server.engines.pulse import ASK_S, Pulse
from server.realtime.offer import Offer
from tests.server.fake_call import rpc_error
from tests.virtual_time import run_virtual


class Engine:
    """A voice and a recogniser in one; serves and answers as the test lets it."""

    def __init__(self) -> None:
        self.serves = True
        self.voice = "joe"
        self.error: Exception | None = None

    async def check(self) -> bool:
        return self.serves

    async def ListVoices(self, request: Any, **_: float) -> ListVoicesResponse:
        if self.error is not None:
            raise self.error
        return ListVoicesResponse(voices=[Voice(name=self.voice)])

    async def GetInfo(self, request: Any, **_: float) -> ServiceInfo:
        return ServiceInfo(simulated=True)


def learning(story: Callable[[Offer, Engine], Awaitable[None]]) -> None:
    async def main() -> None:
        offer, engine, pulse = Offer(), Engine(), Pulse("demo", ready=False)
        stub = cast(Any, engine)
        learns = (learn_voices(offer, stub, pulse), learn_recogniser(offer, stub, pulse))
        tasks = [asyncio.create_task(each) for each in (*learns, pulse.watch(engine.check))]
        await story(offer, engine)
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    run_virtual(main())


def test_what_an_engine_offers_is_known_while_it_is_ready() -> None:
    async def story(offer: Offer, engine: Engine) -> None:
        assert offer == Offer(None, None)
        await asyncio.sleep(ASK_S)
        assert offer == Offer(("joe",), simulates=True)
        engine.serves = False
        await asyncio.sleep(3 * ASK_S)
        assert offer == Offer(None, None)
        engine.serves, engine.voice = True, "amy"
        await asyncio.sleep(2 * ASK_S)
        assert offer == Offer(("amy",), simulates=True)

    learning(story)


def test_one_that_fails_to_tell_is_asked_again() -> None:
    async def story(offer: Offer, engine: Engine) -> None:
        engine.error = rpc_error()
        await asyncio.sleep(AGAIN_S / 2)
        assert offer == Offer(None, simulates=True)
        engine.error = None
        await asyncio.sleep(AGAIN_S)
        assert offer.voices == ("joe",)

    learning(story)
