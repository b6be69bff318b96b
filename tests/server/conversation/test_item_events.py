from __future__ import annotations

from server.conversation import item_events
from server.conversation.items import ROOT, Items
from server.realtime import items


def test_what_is_added_is_told_with_what_precedes_it() -> None:
    conversation = Items()
    first, second = items.user_said("a", "one"), items.user_said("b", "two")
    assert item_events.added(conversation, first).previous_item_id is None
    event = item_events.added(conversation, second)
    assert (event.type, event.previous_item_id) == ("conversation.item.added", "a")
    done = item_events.done(conversation, second)
    assert (done.type, done.previous_item_id) == ("conversation.item.done", "a")
    assert [item.id for item in conversation] == ["a", "b"]


def test_it_is_added_where_it_belongs_and_may_be_told_as_less() -> None:
    conversation = Items()
    conversation.add(items.user_said("a", "one"))
    whole, begun = items.user_said("b", "two"), items.user_said("b", "")
    event = item_events.added(conversation, whole, told=begun, after=ROOT)
    assert event.item == begun
    assert list(conversation) == [whole, items.user_said("a", "one")]
