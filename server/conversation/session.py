"""One caller's session, the same over every transport.

The straight conversation: the caller speaks, a pause of fixed length ends the utterance, the reply is
spoken. A new utterance of the caller ends a reply that still runs.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from openai import BaseModel
from openai.types import realtime as oai

from antiphon.errors import InvalidInput, Unsupported
from antiphon.v1 import generator_pb2, recognizer_pb2
from server.conversation.history import History
from server.conversation.listening import UtteranceEvents
from server.conversation.outbox import Outbox
from server.conversation.replies import Replies
from server.conversation.timeline import Arrivals, Mark, Timeline
from server.engines.recognizer import Recognition, open_recognition
from server.engines.services import Services
from server.realtime import client_events, server_events, session_config
from server.settings import AgentSettings

Incoming = bytes | str


class Session:
    """Created for each caller and run once; everything it starts ends with `run`."""

    def __init__(self, services: Services, agent: AgentSettings, outbox: Outbox) -> None:
        self.id = server_events.new_id("sess")
        self._services = services
        self._agent = agent
        self._outbox = outbox
        self._tasks = asyncio.TaskGroup()
        self._config = session_config.initial(agent)
        self._history = History(agent.history_chars)
        self._replies = Replies(services, outbox, self._history, self._tasks)
        self._utterance = UtteranceEvents(outbox)
        self._arrivals = Arrivals()
        self._recognition: Recognition | None = None

    async def run(self, incoming: AsyncIterator[Incoming]) -> None:
        """Converse until `incoming` ends (audio in the session's input format, events as JSON text).

        The reply in progress is then still delivered. Raises an `AntiphonError`, alone or in a group,
        where the session cannot go on. Cancelling ends everything at once.
        """
        try:
            async with self._tasks:
                await self._tell_session(oai.SessionCreatedEvent)
                if self._agent.greeting:
                    self._replies.begin(self._config, Timeline(), self._agent.greeting)
                async for item in incoming:
                    await self._take(item)
                if self._recognition is not None:
                    await self._recognition.half_close()
        finally:
            if self._recognition is not None:
                self._recognition.cancel()

    async def _take(self, item: Incoming) -> None:
        if isinstance(item, bytes):
            await self._hear(item)
            return
        try:
            await self._obey(client_events.parse(item))
        except (InvalidInput, Unsupported) as problem:
            await self._outbox.put(server_events.error(problem))

    async def _hear(self, audio: bytes) -> None:
        recognition = await self._recognizer()
        await recognition.feed(audio)
        self._arrivals.note(recognition.fed_ms, _now())

    async def _recognizer(self) -> Recognition:
        if self._recognition is None:
            self._recognition = await open_recognition(self._services.recognizer, self._config)
            self._tasks.create_task(self._listen(self._recognition))
        return self._recognition

    async def _listen(self, recognition: Recognition) -> None:
        async for event in recognition.events():
            match event.WhichOneof("event"):
                case "speech_started":
                    await self._utterance.started(event.speech_started)
                case "partial":
                    await self._utterance.partial(event.partial)
                case "final":
                    await self._on_final(event.final)

    async def _on_final(self, final: recognizer_pb2.Final) -> None:
        timeline = Timeline()
        timeline.mark(Mark.FINAL, _now())
        ended_s = self._arrivals.when(final.end_ms)
        if ended_s is not None:
            timeline.mark(Mark.SPEECH_ENDED, ended_s)
        await self._utterance.ended(final)
        if not final.text:
            return
        await self._replies.end()
        self._history.add(generator_pb2.ROLE_USER, final.text)
        if self._config.create_response and self._config.silence_ms is not None:
            self._replies.begin(self._config, timeline)

    async def _obey(self, event: BaseModel) -> None:
        obey = self._obeyed.get(type(event))
        if obey is None:
            raise Unsupported(f"`{getattr(event, 'type', '')}` is not served yet", param="type")
        await obey(event)

    @property
    def _obeyed(self) -> dict[type[BaseModel], Callable[[Any], Awaitable[None]]]:
        return {
            oai.SessionUpdateEvent: self._update,
            oai.InputAudioBufferAppendEvent: self._append,
            oai.InputAudioBufferCommitEvent: self._commit,
            oai.ConversationItemCreateEvent: self._create_item,
            oai.ResponseCreateEvent: self._create_response,
            oai.ResponseCancelEvent: self._cancel_response,
            oai.OutputAudioBufferClearEvent: self._cancel_response,
        }

    async def _update(self, event: oai.SessionUpdateEvent) -> None:
        config = session_config.apply(self._config, event)
        if self._recognition is not None and _hearing(config) != _hearing(self._config):
            raise InvalidInput(
                "input format, language and turn detection cannot change after the first audio",
                reason="INVALID_FIELD",
                param="session.audio.input",
            )
        self._config = config
        await self._tell_session(oai.SessionUpdatedEvent)

    async def _append(self, event: oai.InputAudioBufferAppendEvent) -> None:
        try:
            audio = base64.b64decode(event.audio, validate=True)
        except (binascii.Error, ValueError):
            raise InvalidInput("`audio` is not base64", param="audio") from None
        await self._hear(audio)

    async def _commit(self, _: oai.InputAudioBufferCommitEvent) -> None:
        await (await self._recognizer()).finish_utterance()

    async def _create_item(self, event: oai.ConversationItemCreateEvent) -> None:
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
        await self._outbox.put(server_events.make(oai.ConversationItemAdded, item=told))
        await self._outbox.put(server_events.make(oai.ConversationItemDone, item=told))

    async def _create_response(self, _: oai.ResponseCreateEvent) -> None:
        if self._replies.running:
            raise InvalidInput(
                "a response is in progress: cancel it first", reason="RESPONSE_IN_PROGRESS"
            )
        self._replies.begin(self._config, Timeline())

    async def _cancel_response(self, _: BaseModel) -> None:
        await self._replies.end()

    async def _tell_session(self, model: Any) -> None:
        session = self._config.as_json(self.id)
        await self._outbox.put(server_events.make(model, session=session))


def _hearing(config: session_config.SessionConfig) -> tuple[object, ...]:
    return config.input_format, config.language, config.silence_ms


def _now() -> float:
    return asyncio.get_running_loop().time()
