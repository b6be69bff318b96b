"""The events of items that enter a conversation."""

from __future__ import annotations

from openai.types import realtime as oai

from server.conversation.items import Items
from server.realtime import server_events as events
from server.realtime.items import Item


def added(
    conversation: Items, item: Item, *, told: Item | None = None, after: str | None = None
) -> oai.ConversationItemAdded:
    """Add `item` after the item `after`, or at the end, and return the event that tells it.

    What is told of it may be less than is known: the beginning of a call that is not begun for others.
    """
    before = conversation.add(item, after)
    return events.make(oai.ConversationItemAdded, item=told or item, previous_item_id=before)


def done(conversation: Items, item: Item) -> oai.ConversationItemDone:
    """Return the event that tells that `item` is whole."""
    before = conversation.before(item.id or "")
    return events.make(oai.ConversationItemDone, item=item, previous_item_id=before)
