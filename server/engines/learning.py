"""What the engines offer, asked of each whenever it has become ready: another may have taken its place."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import TypeVar

from antiphon.errors import AntiphonError
from antiphon.v1.recognizer_pb2_grpc import RecognizerStub
from antiphon.v1.synthesizer_pb2_grpc import SynthesizerStub
from server.engines import inquiry
from server.engines.pulse import Pulse
from server.engines.recognizer import SERVICE
from server.realtime.offer import Offer

# One that does not answer though it is ready, or cannot, is asked again so late.
AGAIN_S = 5.0

T = TypeVar("T")


async def learn_voices(offer: Offer, stub: SynthesizerStub, pulse: Pulse) -> None:
    """Keep the voices of `offer` up to date, until cancelled."""
    async for listed in _told(pulse, partial(inquiry.voices, stub)):
        offer.voices = None if listed is None else tuple(voice.name for voice in listed)


async def learn_recogniser(offer: Offer, stub: RecognizerStub, pulse: Pulse) -> None:
    """Keep up to date what `offer` says of the recogniser, until cancelled."""
    async for info in _told(pulse, partial(inquiry.info, stub, SERVICE)):
        offer.simulates = None if info is None else info.simulated


async def _told(pulse: Pulse, ask: Callable[[], Awaitable[T]]) -> AsyncIterator[T | None]:
    """Yield what is answered once the engine is ready, and None as soon as it no longer is; without end."""
    while True:
        await pulse.until_ready()
        try:
            yield await ask()
        except AntiphonError:
            await asyncio.sleep(AGAIN_S)
            continue
        await pulse.until_unready()
        yield None
