"""What the recogniser reports, told to the client as events."""

from __future__ import annotations

from openai import BaseModel
from openai.types import realtime as oai

from antiphon.v1 import recognizer_pb2 as pb
from server.conversation.outbox import Outbox
from server.realtime import server_events as events


class UtteranceEvents:
    """Writes the events of the caller's utterances, one conversation item each.

    A hypothesis may change, which OpenAI's `delta` cannot say: it carries the part that has become
    stable, and `antiphon.text` the whole hypothesis.
    """

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._item_id = ""
        self._previous_item_id: str | None = None
        self._told = ""

    async def started(self, event: pb.SpeechStarted) -> None:
        """Tell that the caller speaks."""
        self._item_id = events.new_id("item")
        self._told = ""
        await self._outbox.put(
            events.make(
                oai.InputAudioBufferSpeechStartedEvent,
                item_id=self._item_id,
                audio_start_ms=round(event.start_ms),
            )
        )

    async def partial(self, event: pb.Partial) -> None:
        """Tell the hypothesis so far."""
        stable = event.text[: event.stable_chars]
        delta = stable[len(self._told) :] if stable.startswith(self._told) else ""
        self._told += delta
        await self._outbox.put(
            events.make(
                oai.ConversationItemInputAudioTranscriptionDeltaEvent,
                item_id=self._item_id,
                content_index=0,
                delta=delta,
                antiphon={"text": event.text},
            )
        )

    async def ended(self, event: pb.Final) -> str:
        """Tell the end of speech, where there was any, and its transcript; return the item's id."""
        item_id = self._item_id or events.new_id("item")
        if self._item_id:
            await self._outbox.put(
                events.make(
                    oai.InputAudioBufferSpeechStoppedEvent,
                    item_id=item_id,
                    audio_end_ms=round(event.end_ms),
                )
            )
        await self._outbox.put(*self._item(item_id, event))
        self._previous_item_id, self._item_id = item_id, ""
        return item_id

    def _item(self, item_id: str, event: pb.Final) -> list[BaseModel]:
        item = events.user_item(item_id, event.text)
        seconds = (event.end_ms - event.start_ms) / 1000
        return [
            events.make(
                oai.InputAudioBufferCommittedEvent,
                item_id=item_id,
                previous_item_id=self._previous_item_id,
            ),
            events.make(oai.ConversationItemAdded, item=item),
            events.make(oai.ConversationItemDone, item=item),
            events.make(
                oai.ConversationItemInputAudioTranscriptionCompletedEvent,
                item_id=item_id,
                content_index=0,
                transcript=event.text,
                usage={"type": "duration", "seconds": seconds},
            ),
        ]
