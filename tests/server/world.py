"""A session under test, its client, and what happened between them, in virtual time."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from server.conversation.line import Incoming, Line, LineLost
from server.conversation.observer import UNOBSERVED, Observer
from server.conversation.outbox import Audio, Outbox, Outgoing
from server.conversation.own_voice import Canceller
from server.conversation.session import Session
from server.conversation.wire import Wire
from server.realtime.server_events import to_json
from server.realtime.session_config import SessionConfig
from server.settings import AgentSettings
from tests.server.fakes import FakeGenerator, FakeRecognizer, FakeSynthesizer, services
from tests.virtual_time import run_virtual

FRAME = bytes(960)  # 20 ms
WORDS = ["One ", "two ", "three."]
# Longer than any bound of the product, so that a test fails where it waits for nothing.
PATIENCE_S = 300.0
LEAD_MS = 200.0

Event = dict[str, Any]


class World:
    """The client's end of a session over fakes; `received` has times in ms."""

    def __init__(
        self,
        agent: AgentSettings,
        generator: FakeGenerator,
        voice: FakeSynthesizer,
        observer: Observer = UNOBSERVED,
    ) -> None:
        self.recognizer = FakeRecognizer()
        self.generator = generator
        self.voice = voice
        self.received: list[tuple[float, Event | bytes]] = []
        self._awaited: set[int] = set()
        self._news = asyncio.Event()
        self.plays = False  # as over WebRTC
        self.connects_s = 0.0
        self._reads = asyncio.Event()
        self._reads.set()
        self._incoming: asyncio.Queue[Incoming | LineLost | None] = asyncio.Queue()
        self._services = services(self.recognizer, generator, voice)
        self._agent = agent
        self.session = Session(self._services, agent, observer=observer)
        self.over = asyncio.Event()

    async def run(self) -> None:
        """Hold the session over one line, until it ends."""
        try:
            await self._over_a_line(self.session.converse)
        finally:
            self.over.set()

    async def attend(self) -> None:
        """Be served over one line of a session that outlives it, until the line ends."""
        await self._over_a_line(self.session.attend)

    def begin_with(
        self,
        config: SessionConfig | None = None,
        make_canceller: Callable[[], Canceller] | None = None,
    ) -> None:
        """Let the session begin with what its client asked for before; call it before `run`."""
        self.session = Session(
            self._services, self._agent, config=config, make_canceller=make_canceller
        )

    def send(self, item: bytes | Event | str) -> None:
        self._incoming.put_nowait(json.dumps(item) if isinstance(item, dict) else item)

    async def speak(self, text: str) -> None:
        """Be heard saying `text`."""
        self.send(FRAME * 5)
        await self.recognizer.opened.wait()
        self.recognizer.say(text)

    def hang_up(self) -> None:
        self._incoming.put_nowait(None)

    def lose_line(self) -> None:
        self._incoming.put_nowait(LineLost())

    def stop_reading(self) -> None:
        self._reads.clear()

    async def until(self, kind: str) -> Event:
        """Return the next event of `kind` that was not waited for before."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                for index, (_, item) in enumerate(self.received):
                    if index not in self._awaited and is_a(item, kind):
                        self._awaited.add(index)
                        assert isinstance(item, dict)
                        return item
                self._news.clear()
                await self._news.wait()

    def events(self, kind: str = "") -> list[Event]:
        """Return the events of `kind` so far, or all of them."""
        events = [item for _, item in self.received if isinstance(item, dict)]
        return [event for event in events if not kind or event["type"] == kind]

    def kinds(self) -> list[str]:
        return [event["type"] for event in self.events()]

    def audio_ms(self) -> list[float]:
        """Return when each piece of audio came."""
        return [at for at, item in self.received if isinstance(item, bytes)]

    async def _items(self) -> AsyncIterator[Incoming]:
        while (item := await self._incoming.get()) is not None:
            if isinstance(item, LineLost):
                raise item
            yield item

    async def _over_a_line(self, serve: Callable[[Line], Awaitable[None]]) -> None:
        outbox = Outbox()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._drain(outbox))
            try:
                await serve(Line(self._items(), outbox, LEAD_MS, self.plays, self._connect))
            finally:
                outbox.close()

    async def _connect(self) -> None:
        await asyncio.sleep(self.connects_s)

    async def _drain(self, outbox: Outbox) -> None:
        async for item in outbox:
            self.received.append((asyncio.get_running_loop().time() * 1000, as_received(item)))
            self._news.set()
            await self._reads.wait()


def wired(outbox: Outbox, lead_ms: float = LEAD_MS, *, plays: bool = False) -> Wire:
    """Return a wire that is connected to `outbox`."""
    wire = Wire()
    wire.connect(outbox, lead_ms, plays=plays)
    return wire


def piece(data: bytes) -> Audio:
    """Return `data` as audio of some reply."""
    return Audio(data, "resp_1", "item_1")


def as_received(item: Outgoing) -> Event | bytes:
    """Return `item` as a client gets it."""
    if isinstance(item, Audio):
        return item.data
    event: Event = json.loads(to_json(item))
    return event


def event_of(item: Outgoing) -> Event:
    """Return the event that `item` is."""
    event = as_received(item)
    assert isinstance(event, dict)
    return event


def is_a(item: Event | bytes, kind: str) -> bool:
    """Return whether `item` is an event of `kind`."""
    return isinstance(item, dict) and item["type"] == kind


Story = Callable[[World], Awaitable[None]]


def tell(
    story: Story,
    agent: AgentSettings | None = None,
    generator: FakeGenerator | None = None,
    voice: FakeSynthesizer | None = None,
    observer: Observer = UNOBSERVED,
) -> World:
    """Play `story` against a session, hang up after it, and return what happened."""

    async def main() -> World:
        world = World(
            agent or AgentSettings(),
            generator or FakeGenerator(WORDS),
            voice or FakeSynthesizer(),
            observer,
        )
        async with asyncio.TaskGroup() as group:
            group.create_task(world.run())
            await story(world)
            world.hang_up()
        return world

    return run_virtual(main())


async def one_turn(world: World) -> None:
    """Say something and hear the whole answer."""
    await world.speak("how are you")
    await world.until("output_audio_buffer.stopped")


def first_of(error: BaseException) -> BaseException:
    """Return the first error in a group of them."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
