"""What was said, as items of a conversation."""

from __future__ import annotations

from antiphon.v1 import generator_pb2 as pb
from server.conversation.history import History
from server.realtime import items
from server.realtime.server_events import new_id


def add(history: History, role: pb.Role, text: str) -> str:
    """Add what `role` said, and return the item's id."""
    item_id = new_id("item")
    if role == pb.ROLE_USER:
        history.items.add(items.user_said(item_id, text))
    else:
        history.items.add(items.assistant(item_id, text, audio=True, status="completed"))
    return item_id
