"""One call over WebRTC: its caller's line, and whoever else has a hand on the same session."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Protocol

from openai import BaseModel
from openai.types import realtime as oai

from antiphon.errors import AntiphonError, Exhausted
from server.conversation.line import Incoming, Line, LineLost
from server.conversation.outbox import Audio, Outbox, Outgoing
from server.http.realtime.listener import Listener
from server.realtime import server_events
from server.sessions import Seat

# RTP leaves when it is due, and a lost packet is not sent again: a frame or two of room.
LEAD_MS = 40.0
# Between those who speak and the session; a line of its own drops old audio where it must.
MAX_SAID = 64
# An event that holds audio may have 21 MB: of those that are longer than this one waits at a time.
LONG_CHARS = 256 * 1024
# Monitoring, a recorder, a tool server and a colleague.
MAX_LISTENERS = 4
# What has been said is to be heard, but not by a caller who does not listen.
FAREWELL_S = 2.0


class Peer(Protocol):
    """The caller's end."""

    @property
    def sdp(self) -> str:
        """The answer to the caller's offer."""
        ...

    def incoming(self) -> AsyncIterator[Incoming]:
        """Yield what the caller sends, to the hang-up; raise `LineLost` where the line breaks."""
        ...

    async def connected(self) -> None:
        """Return once what is said can be heard at the caller's end."""
        ...

    async def deliver(self, outbox: Outbox) -> None:
        """Send what `outbox` holds until it ends."""
        ...

    def flush(self) -> None:
        """Silence at once what was delivered and not yet sent."""
        ...

    async def close(self) -> None:
        """End the call."""
        ...


class Call:
    """`converse` holds it; whoever else knows it may listen in meanwhile, or hang up."""

    def __init__(self, call_id: str, owner: str, peer: Peer, seat: Seat) -> None:
        self.id = call_id
        self.owner = owner
        self.sdp = peer.sdp
        self._peer = peer
        self._seat = seat
        self._said: asyncio.Queue[Incoming | LineLost | None] = asyncio.Queue(MAX_SAID)
        self._long = asyncio.Lock()  # held from where a long event is said until it is heard
        self._listeners: set[Listener] = set()
        self._session: BaseModel | None = None

    async def converse(self) -> None:
        """Hold the session over this call until either end is done; tell the caller what went wrong."""
        outbox = _Overheard(self._overhear, self._peer.flush)
        problem: AntiphonError | None = None
        async with asyncio.TaskGroup() as tasks:
            listening = tasks.create_task(self._listen())
            delivering = tasks.create_task(self._peer.deliver(outbox))
            try:
                await self._seat.attend(
                    Line(
                        self._incoming(),
                        outbox,
                        LEAD_MS,
                        plays=True,
                        connected=self._peer.connected,
                    )
                )
            except AntiphonError as error:
                problem = error
            listening.cancel()
            await asyncio.wait({delivering}, timeout=FAREWELL_S)
            delivering.cancel()
        if problem is not None:
            await self._tell(problem)

    def hang_up(self) -> None:
        """End the call and its session."""
        self._seat.close()

    @contextmanager
    def listener(self) -> Iterator[Listener]:
        """Let somebody listen in for the length of the block; the session's settings are heard first."""
        if len(self._listeners) >= MAX_LISTENERS:
            raise Exhausted(
                f"{MAX_LISTENERS} connections listen in to this call already",
                reason="LISTENERS_FULL",
            )
        listener = Listener(self._speak_up)
        if self._session is not None:
            listener.hear(self._session)
        self._listeners.add(listener)
        try:
            yield listener
        finally:
            self._listeners.discard(listener)

    def end(self) -> None:
        """Let go of whoever listens in."""
        for listener in self._listeners:
            listener.end()

    async def _listen(self) -> None:
        try:
            async for item in self._peer.incoming():
                await self._said.put(item)
            await self._said.put(None)
        except LineLost as lost:
            await self._said.put(lost)

    async def _speak_up(self, text: str) -> None:
        if len(text) <= LONG_CHARS:
            await self._said.put(text)
            return
        await self._long.acquire()
        try:
            await self._said.put(text)
        except asyncio.CancelledError:  # nobody will hear it, and who does would let the next come
            self._long.release()
            raise

    async def _incoming(self) -> AsyncIterator[Incoming]:
        while (item := await self._said.get()) is not None:
            if isinstance(item, LineLost):
                raise item
            if isinstance(item, str) and len(item) > LONG_CHARS and self._long.locked():
                self._long.release()
            yield item
        # Nobody hears what is still to be said.
        self._seat.close()

    def _overhear(self, item: Outgoing) -> None:
        if isinstance(item, Audio):
            return
        if isinstance(item, oai.SessionCreatedEvent | oai.SessionUpdatedEvent):
            self._session = server_events.make(oai.SessionCreatedEvent, session=item.session)
        for listener in self._listeners:
            listener.hear(item)

    async def _tell(self, problem: AntiphonError) -> None:
        last = Outbox()
        await last.put(server_events.error(problem))
        last.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(FAREWELL_S):
                await self._peer.deliver(last)


class _Overheard(Outbox):
    def __init__(self, hear: Callable[[Outgoing], None], flush: Callable[[], None]) -> None:
        super().__init__()
        self._hear = hear
        self._flush = flush

    def drop_audio(self) -> None:
        super().drop_audio()
        # A frame or two are past this queue already, and would be heard after the agent fell silent.
        self._flush()

    async def put(self, *items: Outgoing) -> None:
        await super().put(*items)
        for item in items:
            self._hear(item)
