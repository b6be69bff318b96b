"""One caller's session, the same over every transport.

The straight conversation: the caller speaks, a pause of fixed length ends the utterance, the reply is
spoken. A new utterance of the caller ends a reply that still runs.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from openai import BaseModel
from openai.types import realtime as oai

from antiphon.errors import InvalidInput, Unsupported
from antiphon.v1 import generator_pb2
from server.conversation.ear import Ear
from server.conversation.history import History
from server.conversation.outbox import Outbox
from server.conversation.outcome import CANCELLED, INTERRUPTED
from server.conversation.replies import Replies
from server.conversation.timeline import Timeline
from server.engines.services import Services
from server.realtime import client_events, server_events, session_config, session_update
from server.settings import AgentSettings

Incoming = bytes | str
Effect = Awaitable[None]


class Session:
    """Created for each caller and run once; everything it starts ends with `run`."""

    def __init__(self, services: Services, agent: AgentSettings, outbox: Outbox) -> None:
        self.id = server_events.new_id("sess")
        self._agent = agent
        self._outbox = outbox
        self._tasks = asyncio.TaskGroup()
        self._config = session_config.initial(agent)
        self._history = History(agent.history_chars)
        self._replies = Replies(services, outbox, self._history, self._tasks)
        self._ear = Ear(services, outbox, self._tasks, self._on_final)

    async def run(self, incoming: AsyncIterator[Incoming]) -> None:
        """Converse until `incoming` ends (audio in the session's input format, events as JSON text).

        What was said last is then still heard, and its reply delivered. Raises an `AntiphonError`, alone
        or in a group, where the session cannot go on. Cancelling ends everything at once.
        """
        try:
            async with self._tasks:
                await self._tell_session(oai.SessionCreatedEvent)
                if self._agent.greeting:
                    self._replies.begin(self._config, Timeline(), self._agent.greeting)
                async for item in incoming:
                    await self._take(item)
                await self._ear.close()
        finally:
            self._ear.drop()

    async def _take(self, item: Incoming) -> None:
        try:
            effect = self._hear(item) if isinstance(item, bytes) else self._obey(item)
        except (InvalidInput, Unsupported) as problem:
            await self._outbox.put(server_events.error(problem))
        else:
            await effect

    async def _on_final(self, text: str, timeline: Timeline) -> None:
        if not text:
            return
        await self._replies.end(INTERRUPTED)
        self._history.add(generator_pb2.ROLE_USER, text)
        if self._config.create_response and self._config.silence_ms is not None:
            await self._answer(timeline)

    def _obey(self, text: str) -> Effect:
        """Return what an event of the client asks for, or raise what is wrong with it.

        So does each method below: an error in the effect itself is not the client's to mend, and ends
        the session.
        """
        event = client_events.parse(text)
        try:
            obey = self._obeyed.get(type(event))
            if obey is None:
                raise Unsupported(f"`{getattr(event, 'type', '')}` is not served yet", param="type")
            return obey(event)
        except (InvalidInput, Unsupported) as problem:
            problem.metadata = {**problem.metadata, "event_id": client_events.event_id(event)}
            raise

    @property
    def _obeyed(self) -> dict[type[BaseModel], Callable[[Any], Effect]]:
        return {
            oai.SessionUpdateEvent: self._update,
            oai.InputAudioBufferAppendEvent: self._append,
            oai.InputAudioBufferCommitEvent: self._commit,
            oai.ConversationItemCreateEvent: self._create_item,
            oai.ResponseCreateEvent: self._create_response,
            oai.ResponseCancelEvent: self._cancel_response,
            oai.OutputAudioBufferClearEvent: self._clear_output,
        }

    def _hear(self, audio: bytes) -> Effect:
        self._config.input_format.check_whole(audio)
        return self._ear.hear(audio, self._config)

    def _update(self, event: oai.SessionUpdateEvent) -> Effect:
        config = session_update.apply(self._config, event, self._agent)
        if self._ear.in_use and _hearing(config) != _hearing(self._config):
            raise InvalidInput(
                "input format, language and turn detection cannot change after the first audio",
                reason="INVALID_FIELD",
                param="session.audio.input",
            )
        self._config = config
        return self._tell_session(oai.SessionUpdatedEvent)

    def _append(self, event: oai.InputAudioBufferAppendEvent) -> Effect:
        try:
            audio = base64.b64decode(event.audio, validate=True)
        except ValueError:
            raise InvalidInput("`audio` is not base64", param="audio") from None
        return self._hear(audio)

    def _commit(self, _: oai.InputAudioBufferCommitEvent) -> Effect:
        return self._ear.finish_utterance(self._config)

    def _create_item(self, event: oai.ConversationItemCreateEvent) -> Effect:
        item = event.item
        if not isinstance(item, oai.RealtimeConversationItemUserMessage):
            raise Unsupported("only messages of the user can be added yet", param="item.type")
        text = "".join(part.text or "" for part in item.content)
        if not text.strip():
            raise InvalidInput("the message holds no `input_text`", param="item.content")
        self._history.add(generator_pb2.ROLE_USER, text)
        told = item.model_dump(exclude_none=True) | {
            "id": item.id or server_events.new_id("item"),
            "status": "completed",
        }
        return self._outbox.put(
            server_events.make(oai.ConversationItemAdded, item=told),
            server_events.make(oai.ConversationItemDone, item=told),
        )

    def _create_response(self, _: oai.ResponseCreateEvent) -> Effect:
        if self._replies.running:
            raise InvalidInput(
                "a response is in progress: cancel it first", reason="RESPONSE_IN_PROGRESS"
            )
        return self._answer(Timeline())

    def _cancel_response(self, event: oai.ResponseCancelEvent) -> Effect:
        running = self._replies.response_id
        if running is None or event.response_id not in (None, running):
            raise InvalidInput(
                "no such response is in progress",
                reason="RESPONSE_CANCEL_NOT_ACTIVE",
                param="response_id",
            )
        return self._replies.end(CANCELLED)

    def _clear_output(self, _: oai.OutputAudioBufferClearEvent) -> Effect:
        return self._replies.end(CANCELLED)

    async def _answer(self, timeline: Timeline) -> None:
        self._replies.begin(self._config, timeline)

    async def _tell_session(self, model: Any) -> None:
        session = self._config.as_json(self.id)
        await self._outbox.put(server_events.make(model, session=session))


def _hearing(config: session_config.SessionConfig) -> tuple[object, ...]:
    return config.input_format, config.language, config.silence_ms
