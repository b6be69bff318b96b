"""One caller's session, the same over every transport.

It outlives its lines: a caller whose line breaks may come back on another. Who speaks when is the
moderator's; here is what a client may ask for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

from openai import BaseModel
from openai.types import realtime as oai

from antiphon.errors import InvalidInput, Unsupported
from antiphon.observability.logs import SESSION
from server.conversation.asides import Asides
from server.conversation.input_requests import InputRequests
from server.conversation.item_requests import ItemRequests
from server.conversation.line import Incoming, Line, LineLost
from server.conversation.moderator import Moderator
from server.conversation.observer import UNOBSERVED, Observer
from server.conversation.own_voice import Canceller, OwnVoice
from server.conversation.response_requests import ResponseRequests
from server.conversation.tasks import Ending, Tasks
from server.conversation.time_slice import TimeSlice
from server.conversation.wire import Wire
from server.engines.services import Services
from server.floor import events as ev
from server.realtime import client_events, server_events, session_config, session_update
from server.realtime.session_config import SessionConfig
from server.settings import AgentSettings

Effect = Awaitable[None]

# A client sets voice and format once it is told that the session stands: a round trip, and its own work.
SETTLE_S = 0.3


class Session:
    """Made for each caller. `run` owns all that it starts; `attend` serves one line after another.

    `resume_token`, where there is one, is told to the client, who may come back with it. `config` is what
    it begins with, where that is not the agent's. `make_canceller` makes what takes the agent's own voice out
    of what the caller says; without it nothing does.
    """

    def __init__(
        self,
        services: Services,
        agent: AgentSettings,
        resume_token: str = "",
        config: SessionConfig | None = None,
        observer: Observer = UNOBSERVED,
        make_canceller: Callable[[], Canceller] | None = None,
    ) -> None:
        self.id = server_events.new_id("sess")
        self._agent = agent
        self._offer = services.offer
        self._resume_token = resume_token
        self._wire = Wire(self._played)
        self._own_voice = OwnVoice(make_canceller) if make_canceller is not None else None
        self._tasks = Tasks()
        self._closed = asyncio.Event()
        moderator = self._moderator = Moderator(
            services,
            agent,
            config or session_config.initial(agent),
            self._wire,
            self._tasks,
            self._closed.set,
            observer,
            self._masked_ms,
        )
        self._asides = Asides(services, self._wire, moderator.history, self._tasks)
        self._input = InputRequests(moderator, self._wire, self._own_voice)
        self._items = ItemRequests(moderator, self._wire)
        self._responses = ResponseRequests(moderator, self._asides, agent, services.offer)
        # Once the client has set what it will, or was given time to.
        self._settled = asyncio.Event()
        self._known = self._greeted = False

    async def run(self) -> None:
        """Live until `close`, or until the agent hangs up.

        Raises an `AntiphonError`, alone or in a group, where the session cannot go on. Cancelling ends
        everything at once.
        """
        SESSION.set(self.id)  # for the log; so is the turn's in `Turn`
        try:
            async with self._tasks:
                clock = self._tasks.create_task(self._moderator.keep_time())
                await self._closed.wait()
                clock.cancel()
                self._tasks.wind_up()
                self._drop()
        finally:
            self._drop()
            self._wire.disconnect()

    def close(self) -> None:
        """End the session."""
        self._closed.set()

    async def attend(self, line: Line) -> None:
        """Converse over `line` until it ends; a line that is there already is let go.

        A caller who hangs up is heard out first and the session closed; one whose line breaks may come
        back. Raises an `AntiphonError` where the session cannot go on.
        """
        SESSION.set(self.id)
        with suppress(Ending):  # `run` says why
            await self._attend(line)

    async def _attend(self, line: Line) -> None:
        await self._welcome(line)
        greeting = self._tasks.create_task(self._greet(line))
        time_slice = TimeSlice()
        try:
            async for item in line.incoming:
                await time_slice.do(self._take(item))
        except LineLost:
            greeting.cancel()
            self._wire.disconnect()
            await self._moderator.leave()
        else:
            self._settled.set()
            await asyncio.wait({greeting}, timeout=SETTLE_S)
            await self._moderator.hear_out()
            await self._asides.ended()
            self.close()
        finally:
            greeting.cancel()

    async def _welcome(self, line: Line) -> None:
        """Let `line` be the session's, and tell its client what it is set to."""
        self._wire.connect(line.outbox, line.lead_ms, plays=line.plays)
        if self._own_voice is not None:
            self._own_voice.forget()
        if (carried := self._carried(self._config)) != self._config:
            await self._moderator.configure(carried)
        await self._tell_session(oai.SessionCreatedEvent)
        if not self._known:
            await self._tell_conversation()
        self._known = True
        await self._moderator.tell(ev.Connected())

    async def _greet(self, line: Line) -> None:
        """Greet the caller, in the way that the client sets first, once it can be heard."""
        if self._greeted or not self._agent.greeting:
            return
        await line.connected()
        with suppress(TimeoutError):
            async with asyncio.timeout(SETTLE_S):
                await self._settled.wait()
        self._greeted = True
        if self._config.replies:
            await self._moderator.tell(ev.Connected(greets=True))

    async def converse(self, line: Line) -> None:
        """Live for as long as `line` does."""
        async with asyncio.TaskGroup() as group:
            attending = group.create_task(self.attend(line))
            attending.add_done_callback(lambda _: self.close())
            await self.run()
            attending.cancel()

    def _played(self, audio: bytes) -> None:
        wanted = self._config.cancels_echo
        # Over WebRTC it is a browser's: those do it themselves, nearer to their own loudspeaker.
        if self._own_voice is not None and (not self._wire.plays if wanted is None else wanted):
            self._own_voice.played(audio, self._config.output_format)

    def _masked_ms(self) -> float:
        return self._own_voice.masked_ms if self._own_voice is not None else 0.0

    @property
    def _config(self) -> SessionConfig:
        return self._moderator.config

    async def _tell_conversation(self) -> None:
        if not self._config.replies:
            return
        conversation = {"id": self._moderator.history.items.id, "object": "realtime.conversation"}
        await self._wire.put(
            server_events.make(oai.ConversationCreatedEvent, conversation=conversation)
        )

    def _drop(self) -> None:
        self._moderator.drop()
        self._asides.drop()

    async def _take(self, item: Incoming) -> None:
        try:
            effect = self._input.hear(item) if isinstance(item, bytes) else self._obey(item)
        except (InvalidInput, Unsupported) as problem:
            await self._wire.put(server_events.error(problem))
        else:
            await effect

    def _obey(self, text: str) -> Effect:
        """Return what an event of the client asks for, or raise what is wrong with it.

        So does each method below: an error in the effect itself is not the client's to mend, and ends
        the session.
        """
        event = client_events.parse(text)
        try:
            obey = self._obeyed[type(event)]
            return obey(event)
        except (InvalidInput, Unsupported) as problem:
            problem.metadata = {**problem.metadata, "event_id": client_events.event_id(event)}
            raise

    @property
    def _obeyed(self) -> dict[type[BaseModel], Callable[[Any], Effect]]:
        return {
            oai.SessionUpdateEvent: self._update,
            oai.InputAudioBufferAppendEvent: self._input.append,
            oai.InputAudioBufferCommitEvent: self._input.commit,
            oai.InputAudioBufferClearEvent: self._input.clear,
            oai.OutputAudioBufferClearEvent: self._responses.clear_output,
            oai.ConversationItemCreateEvent: self._items.create,
            oai.ConversationItemDeleteEvent: self._items.delete,
            oai.ConversationItemRetrieveEvent: self._items.retrieve,
            oai.ConversationItemTruncateEvent: self._items.truncate,
            client_events.ResponseCreate: self._responses.create,
            oai.ResponseCancelEvent: self._responses.cancel,
        }

    def _update(self, event: oai.SessionUpdateEvent) -> Effect:
        wanted = session_update.apply(self._config, event, self._agent, self._offer)
        return self._set(self._carried(wanted))

    def _carried(self, config: SessionConfig) -> SessionConfig:
        """Return `config` with the formats in which the line that is connected carries audio."""
        if not self._wire.plays:
            return config
        pcm = session_config.FORMATS["audio/pcm"]
        return replace(config, input_format=pcm, output_format=pcm)

    async def _set(self, config: SessionConfig) -> None:
        await self._moderator.configure(config)
        self._settled.set()
        await self._tell_session(oai.SessionUpdatedEvent)

    async def _tell_session(self, model: Any) -> None:
        session = self._config.as_json(self.id)
        if self._resume_token:
            session["antiphon"] = {"resume_token": self._resume_token}
        await self._wire.put(server_events.make(model, session=session))
