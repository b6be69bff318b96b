"""What a client may ask for of a conversation's items."""

from __future__ import annotations

from collections.abc import Awaitable

from openai import BaseModel
from openai.types import realtime as oai
from openai.types.realtime import realtime_server_event as more_oai

from antiphon.errors import InvalidInput
from server.conversation import item_events
from server.conversation.items import ROOT
from server.conversation.moderator import Moderator
from server.conversation.wire import Wire
from server.floor import events as ev
from server.realtime import items
from server.realtime import server_events as events
from server.realtime.items import Assistant, FunctionCall, FunctionCallOutput, Item
from server.realtime.refusals import wrong

Effect = Awaitable[None]


class ItemRequests:
    """Each method does what is asked, or raises what is wrong with it, and returns what tells of it."""

    def __init__(self, moderator: Moderator, wire: Wire) -> None:
        self._moderator = moderator
        self._items = moderator.history.items
        self._wire = wire

    def create(self, event: oai.ConversationItemCreateEvent) -> Effect:
        """Add an item, after another, at the beginning or at the end."""
        item = items.accept(event.item, "item")
        if self._items.get(item.id or "") is not None:
            raise _taken()
        if isinstance(item, FunctionCallOutput) and not self._knows_call(item.call_id):
            raise wrong("item.call_id", "the conversation has no call of this id")
        after = event.previous_item_id
        if after not in (None, ROOT) and self._items.get(after or "") is None:
            raise _unknown("create", "previous_item_id")
        added = item_events.added(self._items, item, after=after)
        closes = isinstance(item, FunctionCallOutput)
        return self._tell(added, item_events.done(self._items, item), closes=closes)

    def delete(self, event: oai.ConversationItemDeleteEvent) -> Effect:
        """Take an item out."""
        closes = isinstance(self._find(event.item_id, "delete"), FunctionCall)
        self._items.remove(event.item_id)
        deleted = events.make(oai.ConversationItemDeletedEvent, item_id=event.item_id)
        return self._tell(deleted, closes=closes)

    def retrieve(self, event: oai.ConversationItemRetrieveEvent) -> Effect:
        """Tell an item as it is known here: of a reply, what was heard."""
        item = self._find(event.item_id, "retrieve")
        return self._wire.put(events.make(more_oai.ConversationItemRetrieved, item=item))

    def truncate(self, event: oai.ConversationItemTruncateEvent) -> Effect:
        """Cut a spoken reply where the client stopped playing it."""
        item = self._find(event.item_id, "truncate")
        if not isinstance(item, Assistant) or any(part.text for part in item.content):
            raise InvalidInput("only a spoken reply can be truncated", param="item_id")
        if event.content_index != 0:
            raise InvalidInput("a reply has one part, the first", param="content_index")
        if event.audio_end_ms < 0:
            raise InvalidInput("a position is never negative", param="audio_end_ms")
        end_ms = self._items.truncate(event.item_id, event.audio_end_ms)
        return self._wire.put(
            events.make(
                oai.ConversationItemTruncatedEvent,
                item_id=event.item_id,
                content_index=0,
                audio_end_ms=round(end_ms),
            )
        )

    async def _tell(self, *told: BaseModel, closes: bool) -> None:
        """Tell of an item; the dialogue too, where it `closes` a function call."""
        await self._wire.put(*told)
        if closes:
            await self._moderator.tell(ev.CallClosed())

    def _knows_call(self, call_id: str) -> bool:
        return any(
            isinstance(item, FunctionCall) and item.call_id == call_id for item in self._items
        )

    def _find(self, item_id: str, verb: str) -> Item:
        item = self._items.get(item_id)
        if item is None:
            raise _unknown(verb, "item_id")
        return item


def _taken() -> InvalidInput:
    # OpenAI's own code too: to a client that adds its items again, after a line that broke, it is no failure.
    return InvalidInput(
        "conversation.item.create: item.id: the conversation has an item of this id",
        reason="ITEM_CREATE_DUPLICATE_ITEM_ID",
        param="item.id",
    )


def _unknown(verb: str, param: str) -> InvalidInput:
    # OpenAI's own code, which clients know: for some, an item that is gone is no failure.
    return InvalidInput(
        f"conversation.item.{verb}: {param}: the conversation has no item of this id",
        reason=f"ITEM_{verb.upper()}_INVALID_ITEM_ID",
        param=param,
    )
