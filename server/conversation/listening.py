"""The caller's utterances, told to the client as events."""

from __future__ import annotations

from collections.abc import Sequence

from openai import BaseModel
from openai.types import realtime as oai

from antiphon.errors import AntiphonError
from antiphon.v1 import recognizer_pb2 as pb
from server.conversation import item_events
from server.conversation.items import Items
from server.conversation.wire import Wire
from server.realtime import items
from server.realtime import server_events as events


class UtteranceEvents:
    """Writes the events of the caller's utterances, each an item of `conversation`.

    An utterance is told from `tell` on: one that the floor does not go to is told to nobody. A
    hypothesis may change, which OpenAI's `delta` cannot say: it carries the part that has become stable,
    and `antiphon.text` the whole hypothesis.
    """

    def __init__(self, wire: Wire, conversation: Items) -> None:
        self._wire = wire
        self._conversation = conversation
        self._item_id = ""
        self._start_ms = 0.0
        self._told = False
        self._told_text = ""

    def begin(self, event: pb.SpeechStarted) -> None:
        """Note that the caller speaks."""
        self._item_id, self._start_ms = events.new_id("item"), event.start_ms
        self._told, self._told_text = False, ""

    async def tell(self) -> None:
        """Tell that the caller speaks, once."""
        if self._told or not self._item_id:
            return
        self._told = True
        await self._wire.put(
            events.make(
                oai.InputAudioBufferSpeechStartedEvent,
                item_id=self._item_id,
                audio_start_ms=round(self._start_ms),
            )
        )

    async def partial(self, event: pb.Partial) -> None:
        """Tell the hypothesis so far, where the utterance was told."""
        if not self._told:
            return
        stable = event.text[: event.stable_chars]
        delta = stable[len(self._told_text) :] if stable.startswith(self._told_text) else ""
        self._told_text += delta
        await self._wire.put(
            events.make(
                oai.ConversationItemInputAudioTranscriptionDeltaEvent,
                item_id=self._item_id,
                content_index=0,
                delta=delta,
                antiphon={"text": event.text},
            )
        )

    def drop(self) -> None:
        """Forget the utterance."""
        self._item_id, self._told = "", False

    async def ended(self, event: pb.Final) -> str:
        """Tell the end of speech, where it was told, and its transcript; return the item's id."""
        item_id = self._item_id or events.new_id("item")
        told = self._told
        self.drop()
        # The conversation first: it must be right before anything here waits.
        committed = self._committed(item_id, event)
        if told:
            await self._wire.put(
                events.make(
                    oai.InputAudioBufferSpeechStoppedEvent,
                    item_id=item_id,
                    audio_end_ms=round(event.end_ms),
                )
            )
        await self._wire.put(*committed)
        return item_id

    async def silence(self, start_ms: float, end_ms: float) -> None:
        """Tell that nothing was said for so long that an answer is due: silence is an utterance too."""
        item_id = events.new_id("item")
        committed = self._committed(item_id, pb.Final(start_ms=start_ms, end_ms=end_ms))
        await self._wire.put(
            events.make(
                oai.InputAudioBufferTimeoutTriggered,
                item_id=item_id,
                audio_start_ms=round(start_ms),
                audio_end_ms=round(end_ms),
            ),
            *committed,
        )

    async def failed(self, problem: AntiphonError) -> None:
        """Tell that what is being said will not be known."""
        if not self._item_id:
            return
        await self._wire.put(
            events.make(
                oai.ConversationItemInputAudioTranscriptionFailedEvent,
                item_id=self._item_id,
                content_index=0,
                error=events.details(problem),
            )
        )

    def _committed(self, item_id: str, event: pb.Final) -> Sequence[BaseModel]:
        item = items.user_said(item_id, event.text)
        added = item_events.added(self._conversation, item)
        return (
            events.make(
                oai.InputAudioBufferCommittedEvent,
                item_id=item_id,
                previous_item_id=added.previous_item_id,
            ),
            added,
            item_events.done(self._conversation, item),
            events.make(
                oai.ConversationItemInputAudioTranscriptionCompletedEvent,
                item_id=item_id,
                content_index=0,
                transcript=event.text,
                usage={"type": "duration", "seconds": (event.end_ms - event.start_ms) / 1000},
            ),
        )
