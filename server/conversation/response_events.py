"""The server events of one reply, in the order that OpenAI's clients rely on."""

from __future__ import annotations

from typing import Any

from openai import BaseModel
from openai.types import realtime as oai
from openai.types.realtime import realtime_server_event as more_oai

from antiphon.errors import AntiphonError
from antiphon.v1 import generator_pb2 as pb
from server.conversation.outbox import Outbox
from server.conversation.outcome import Outcome
from server.realtime import server_events as events
from server.realtime.session_config import SessionConfig


class ResponseEvents:
    """Writes the events of one response with one message item with one content part.

    `begin` and `end` are told whole or not at all; `end` only once, and only after `begin`.
    """

    def __init__(self, outbox: Outbox, config: SessionConfig) -> None:
        self._outbox = outbox
        self._audio = config.audio_out
        self.response_id = events.new_id("resp")
        self.item_id = events.new_id("item")
        self._open = False

    async def begin(self) -> None:
        """Announce the response, its item and its content part."""
        item = events.assistant_item(self.item_id, "", audio=self._audio, status="in_progress")
        part = {"type": "audio" if self._audio else "text"}
        await self._outbox.put(
            events.make(oai.ResponseCreatedEvent, response=self._response("in_progress")),
            events.make(oai.ResponseOutputItemAddedEvent, **self._at(item=item)),
            events.make(oai.ConversationItemAdded, item=item),
            events.make(oai.ResponseContentPartAddedEvent, **self._in_part(part=part)),
        )
        self._open = True

    async def text(self, delta: str) -> None:
        """Tell text as it is written."""
        model = oai.ResponseAudioTranscriptDeltaEvent if self._audio else oai.ResponseTextDeltaEvent
        await self._put(model, **self._in_part(delta=delta))

    async def audible(self) -> None:
        """Tell that the first audio follows."""
        await self._put(more_oai.OutputAudioBufferStarted, response_id=self.response_id)

    async def silent(self, *, cleared: bool) -> None:
        """Tell that the last audio was heard, or that the rest was thrown away."""
        model = more_oai.OutputAudioBufferCleared if cleared else more_oai.OutputAudioBufferStopped
        await self._put(model, response_id=self.response_id)

    async def end(
        self, text: str, outcome: Outcome, usage: pb.Usage, timeline: dict[str, float]
    ) -> None:
        """Close part, item and response. `timeline` (ms) travels as `response.antiphon.timeline_ms`."""
        if not self._open:
            return
        item = events.assistant_item(
            self.item_id, text, audio=self._audio, status=outcome.item_status
        )
        response = self._response(outcome.status, item) | {
            "status_details": outcome.details(),
            "usage": _usage(usage),
            "antiphon": {"timeline_ms": timeline},
        }
        await self._outbox.put(
            *self._part_done(text),
            events.make(oai.ResponseOutputItemDoneEvent, **self._at(item=item)),
            events.make(oai.ConversationItemDone, item=item),
            events.make(oai.ResponseDoneEvent, response=response),
        )
        self._open = False

    async def problem(self, problem: AntiphonError) -> None:
        """Tell what went wrong."""
        await self._outbox.put(events.error(problem))

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

    def _response(self, status: str, *output: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": self.response_id,
            "object": "realtime.response",
            "status": status,
            "output": list(output),
            "output_modalities": ["audio" if self._audio else "text"],
        }

    def _at(self, **fields: Any) -> dict[str, Any]:
        return {"response_id": self.response_id, "output_index": 0, **fields}

    def _in_part(self, **fields: Any) -> dict[str, Any]:
        return self._at(item_id=self.item_id, content_index=0, **fields)

    async def _put(self, model: Any, **fields: Any) -> None:
        await self._outbox.put(events.make(model, **fields))


def _usage(usage: pb.Usage) -> dict[str, Any]:
    return {
        "input_tokens": usage.prompt_tokens,
        "output_tokens": usage.completion_tokens,
        "total_tokens": usage.prompt_tokens + usage.completion_tokens,
        "input_token_details": {"cached_tokens": usage.cached_tokens},
    }
