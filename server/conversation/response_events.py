"""The server events of one reply, in the order that OpenAI's clients rely on."""

from __future__ import annotations

from typing import Any

from openai import BaseModel
from openai.types import realtime as oai
from openai.types.realtime import realtime_server_event as more_oai

from antiphon.errors import AntiphonError
from antiphon.v1 import generator_pb2 as pb
from server.conversation import item_events
from server.conversation.asked import Asked
from server.conversation.gate import Gate, Late
from server.conversation.items import Items
from server.conversation.outbox import Audio
from server.conversation.outcome import Outcome
from server.realtime import items
from server.realtime import server_events as events
from server.realtime.items import Item


class ResponseEvents:
    """Writes the events of one response: a message with one content part, if any, and function calls.

    Items enter `conversation`, where there is one, as they are told. `begin` and `end` are told whole
    or not at all; `end` only once, and only after `begin`.
    """

    def __init__(self, gate: Gate, asked: Asked, conversation: Items | None) -> None:
        self._gate = gate
        self._asked = asked
        self._audio = asked.config.audio_out
        self._conversation = conversation
        self.response_id = events.new_id("resp")
        self.item_id = events.new_id("item")
        self._items: list[Item] = []
        self._message_index: int | None = None
        self._heard = ""
        self._open = False
        self.ended = False

    @property
    def calls(self) -> bool:
        """Whether a function call was written."""
        return any(isinstance(item, items.FunctionCall) for item in self._items)

    async def begin(self) -> None:
        """Announce the response."""
        await self._put(oai.ResponseCreatedEvent, response=self._response("in_progress"))
        self._open = True

    async def text(self, delta: str) -> None:
        """Tell text as it is written."""
        model = oai.ResponseAudioTranscriptDeltaEvent if self._audio else oai.ResponseTextDeltaEvent
        begun = [] if self._message_index is not None else self._message_added()
        await self._gate.put(*begun, events.make(model, **self._in_part(delta=delta)))

    async def call(self, call: pb.ToolCall) -> None:
        """Tell a function call, whole."""
        item = items.function_call(events.new_id("item"), call.id, call.name, call.arguments)
        begun = item.model_copy(update={"status": "in_progress", "arguments": ""})
        at = {"response_id": self.response_id, "output_index": len(self._items)}
        of = at | {"item_id": item.id, "call_id": call.id}
        self._items.append(item)
        written, whole = {"delta": call.arguments}, {"arguments": call.arguments, "name": call.name}
        await self._gate.put(
            events.make(oai.ResponseOutputItemAddedEvent, **at, item=begun),
            *self._joined(item, begun),
            events.make(oai.ResponseFunctionCallArgumentsDeltaEvent, **of, **written),
            events.make(oai.ResponseFunctionCallArgumentsDoneEvent, **of, **whole),
            events.make(oai.ResponseOutputItemDoneEvent, **at, item=item),
            *self._left(item),
        )

    def audio(self, data: bytes) -> Audio:
        """Return audio as a piece of the message."""
        return Audio(data, self.response_id, self.item_id, self._message_index or 0)

    async def audible(self) -> None:
        """Tell that the first audio follows."""
        await self._put(more_oai.OutputAudioBufferStarted, response_id=self.response_id)

    async def heard(self, text: str) -> None:
        """Tell what was heard of the message so far, where that is more than was told."""
        if len(text) <= len(self._heard):
            return
        self._heard = text
        ids = {"response_id": self.response_id, "item_id": self.item_id}
        await self._put(events.HeardEvent, **ids, text=text)

    async def silent(self, *, cleared: bool) -> None:
        """Tell that the last audio was heard, or that the rest was thrown away."""
        model = more_oai.OutputAudioBufferCleared if cleared else more_oai.OutputAudioBufferStopped
        await self._put(model, response_id=self.response_id)

    async def truncated(self, audio_end_ms: float) -> None:
        """Tell where the message was cut, as OpenAI does where its own side plays the audio."""
        if self._message_index is not None and self._conversation is not None:
            at = {"item_id": self.item_id, "content_index": 0, "audio_end_ms": round(audio_end_ms)}
            await self._put(oai.ConversationItemTruncatedEvent, **at)

    async def end(
        self, text: str, outcome: Outcome, usage: pb.Usage, measured: dict[str, Any]
    ) -> None:
        """Close part, item and response. `measured`, in ms, travels as `response.antiphon`."""
        if not self._open:
            return
        closed = [] if self._message_index is None else self._message_done(text, outcome)
        response = self._response(outcome.status) | {
            "status_details": outcome.details(),
            "usage": _usage(usage),
            "antiphon": measured,
        }
        await self._gate.put(*closed, events.make(oai.ResponseDoneEvent, response=response))
        self._open, self.ended = False, True

    async def problem(self, problem: AntiphonError) -> None:
        """Tell what went wrong."""
        await self._gate.put(events.error(problem))

    def _message_added(self) -> list[BaseModel | Late]:
        item = items.assistant(self.item_id, "", audio=self._audio, status="in_progress")
        self._message_index = len(self._items)
        self._items.append(item)
        part = {"type": "audio" if self._audio else "text"}
        return [
            events.make(oai.ResponseOutputItemAddedEvent, **self._at(item=item)),
            *self._joined(item, item),
            events.make(oai.ResponseContentPartAddedEvent, **self._in_part(part=part)),
        ]

    def _message_done(self, text: str, outcome: Outcome) -> list[BaseModel | Late]:
        item = items.assistant(self.item_id, text, audio=self._audio, status=outcome.item_status)
        self._items[self._message_index or 0] = item
        return [
            *self._part_done(text),
            events.make(oai.ResponseOutputItemDoneEvent, **self._at(item=item)),
            *self._left(item),
        ]

    def _part_done(self, text: str) -> list[BaseModel]:
        if not self._audio:
            part = {"type": "text", "text": text}
            return [
                events.make(oai.ResponseTextDoneEvent, **self._in_part(text=text)),
                events.make(oai.ResponseContentPartDoneEvent, **self._in_part(part=part)),
            ]
        part = {"type": "audio", "transcript": text}
        return [
            events.make(oai.ResponseAudioDoneEvent, **self._in_part()),
            events.make(oai.ResponseAudioTranscriptDoneEvent, **self._in_part(transcript=text)),
            events.make(oai.ResponseContentPartDoneEvent, **self._in_part(part=part)),
        ]

    def _joined(self, item: Item, told: Item) -> list[Late]:
        conversation = self._conversation
        if conversation is None:
            return []
        return [Late(lambda: item_events.added(conversation, item, told=told))]

    def _left(self, item: Item) -> list[Late]:
        conversation = self._conversation
        if conversation is None:
            return []
        return [Late(lambda: item_events.done(conversation, item))]

    def _response(self, status: str) -> dict[str, Any]:
        config = self._asked.config
        output = {"format": config.output_format.as_json(), "voice": config.told_voice}
        return {
            "id": self.response_id,
            "object": "realtime.response",
            "status": status,
            "conversation_id": self._conversation and self._conversation.id,
            "output": list(self._items),
            "output_modalities": ["audio" if self._audio else "text"],
            "audio": {"output": output} if self._audio else None,
            "max_output_tokens": config.max_reply_tokens,
            "metadata": self._asked.metadata,
        }

    def _at(self, **fields: Any) -> dict[str, Any]:
        return {
            "response_id": self.response_id,
            "output_index": self._message_index or 0,
            **fields,
        }

    def _in_part(self, **fields: Any) -> dict[str, Any]:
        return self._at(item_id=self.item_id, content_index=0, **fields)

    async def _put(self, model: Any, **fields: Any) -> None:
        await self._gate.put(events.make(model, **fields))


def _usage(usage: pb.Usage) -> dict[str, Any]:
    return {
        "input_tokens": usage.prompt_tokens,
        "output_tokens": usage.completion_tokens,
        "total_tokens": usage.prompt_tokens + usage.completion_tokens,
        "input_token_details": {"cached_tokens": usage.cached_tokens},
    }
