"""The server events of one reply, in the order that OpenAI's clients rely on."""

from __future__ import annotations

from typing import Any

from openai.types import realtime as oai
from openai.types.realtime import realtime_server_event as more_oai

from antiphon.errors import AntiphonError
from antiphon.v1 import generator_pb2 as pb
from server.conversation.outbox import Outbox
from server.realtime import server_events as events
from server.realtime.session_config import SessionConfig

COMPLETED, CANCELLED, FAILED, INCOMPLETE = (
    "completed",
    "cancelled",
    "failed",
    "incomplete",
)


class ResponseEvents:
    """Writes the events of one response with one message item with one content part."""

    def __init__(self, outbox: Outbox, config: SessionConfig) -> None:
        self._outbox = outbox
        self._audio = config.audio_out
        self.response_id = events.new_id("resp")
        self.item_id = events.new_id("item")

    async def begin(self) -> None:
        """Announce the response, its item and its content part."""
        item = events.assistant_item(self.item_id, "", audio=self._audio, status="in_progress")
        part = {"type": "audio" if self._audio else "text"}
        await self._put(oai.ResponseCreatedEvent, response=self._response("in_progress", []))
        await self._put(oai.ResponseOutputItemAddedEvent, **self._at(item=item))
        await self._put(oai.ConversationItemAdded, item=item)
        await self._put(oai.ResponseContentPartAddedEvent, **self._in_part(part=part))

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
        self, text: str, status: str, usage: pb.Usage, timeline: dict[str, float]
    ) -> None:
        """Close part, item and response. `timeline` (ms) travels as `response.antiphon.timeline_ms`."""
        item_status = COMPLETED if status == COMPLETED else INCOMPLETE
        item = events.assistant_item(self.item_id, text, audio=self._audio, status=item_status)
        if self._audio:
            await self._put(oai.ResponseAudioDoneEvent, **self._in_part())
            await self._put(oai.ResponseAudioTranscriptDoneEvent, **self._in_part(transcript=text))
            part = {"type": "audio", "transcript": text}
        else:
            await self._put(oai.ResponseTextDoneEvent, **self._in_part(text=text))
            part = {"type": "text", "text": text}
        await self._put(oai.ResponseContentPartDoneEvent, **self._in_part(part=part))
        await self._put(oai.ResponseOutputItemDoneEvent, **self._at(item=item))
        await self._put(oai.ConversationItemDone, item=item)
        response = self._response(status, [item]) | {
            "usage": _usage(usage),
            "antiphon": {"timeline_ms": timeline},
        }
        await self._put(oai.ResponseDoneEvent, response=response)

    async def problem(self, problem: AntiphonError) -> None:
        """Tell what went wrong."""
        await self._outbox.put(events.error(problem))

    def _response(self, status: str, output: list[dict[str, Any]]) -> dict[str, Any]:
        return {
            "id": self.response_id,
            "object": "realtime.response",
            "status": status,
            "status_details": _status_details(status),
            "output": output,
            "output_modalities": ["audio" if self._audio else "text"],
        }

    def _at(self, **fields: Any) -> dict[str, Any]:
        return {"response_id": self.response_id, "output_index": 0, **fields}

    def _in_part(self, **fields: Any) -> dict[str, Any]:
        return self._at(item_id=self.item_id, content_index=0, **fields)

    async def _put(self, model: Any, **fields: Any) -> None:
        await self._outbox.put(events.make(model, **fields))


def _status_details(status: str) -> dict[str, Any] | None:
    reasons = {INCOMPLETE: "max_output_tokens", CANCELLED: "turn_detected"}
    if status in reasons:
        return {"type": status, "reason": reasons[status]}
    return {"type": FAILED} if status == FAILED else None


def _usage(usage: pb.Usage) -> dict[str, Any]:
    return {
        "input_tokens": usage.prompt_tokens,
        "output_tokens": usage.completion_tokens,
        "total_tokens": usage.prompt_tokens + usage.completion_tokens,
        "input_token_details": {"cached_tokens": usage.cached_tokens},
    }
