"""The items of a conversation, in order: what was said, called and answered. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from server.conversation.heard import Heard
from server.realtime import items
from server.realtime.items import FunctionCall, FunctionCallOutput, Item, Status
from server.realtime.server_events import new_id

# A call of three hours at a turn every 20 s; a client that adds more loses the oldest.
MAX_ITEMS = 1000
# The most that a history may hold, see `[agent] history_chars`: more is never asked for.
MAX_CHARS = 1_000_000
# OpenAI's name for the place before the first item.
ROOT = "root"


@dataclass(slots=True)
class _Entry:
    item: Item
    # Of a spoken reply: what was heard of it, once that is settled, and up to where the client played it.
    heard: Heard | None = None
    cut_ms: float = math.inf


class Items:
    """Every item has an id of its own; the oldest are dropped first once they pass the bounds."""

    def __init__(self, max_items: int = MAX_ITEMS, max_chars: int = MAX_CHARS) -> None:
        self._max_items = max_items
        self._max_chars = max_chars
        self._entries: dict[str, _Entry] = {}
        self.id = new_id("conv")

    def __iter__(self) -> Iterator[Item]:
        return iter([entry.item for entry in self._entries.values()])

    @property
    def awaits_output(self) -> bool:
        """Whether a function was called whose output is not here."""
        listed = list(self)
        outputs = {item.call_id for item in listed if isinstance(item, FunctionCallOutput)}
        calls = (item.call_id for item in listed if isinstance(item, FunctionCall))
        return any(call_id not in outputs for call_id in calls)

    def get(self, item_id: str) -> Item | None:
        """Return the item of that id, if there is one."""
        entry = self._entries.get(item_id)
        return entry.item if entry is not None else None

    def before(self, item_id: str) -> str | None:
        """Return the id of the item that precedes `item_id`."""
        ids = list(self._entries)
        place = ids.index(item_id) if item_id in self._entries else 0
        return ids[place - 1] if place else None

    def add(self, item: Item, after: str | None = None) -> str | None:
        """Insert `item` after the item `after`, at the end, or at ROOT; return the id that precedes it."""
        new_id = item.id or ""
        entries = list(self._entries.items())
        ids = list(self._entries)
        place = len(ids) if after is None else 0 if after == ROOT else ids.index(after) + 1
        entries.insert(place, (new_id, _Entry(item)))
        self._entries = dict(entries)
        self._drop_oldest()
        return self.before(new_id)

    def remove(self, item_id: str) -> None:
        """Take an item out."""
        self._entries.pop(item_id, None)

    def settle(self, item_id: str, heard: Heard, status: Status) -> None:
        """Note what was heard of the reply `item_id`; one that was removed meanwhile stays so."""
        entry = self._entries.get(item_id)
        if entry is not None:
            entry.heard = heard
            entry.item = _as_heard(entry, heard, status)

    def truncate(self, item_id: str, audio_end_ms: float) -> float:
        """Cut the spoken reply `item_id` where its client stopped playing; return where that is.

        Nothing is heard that was not sent, whatever the client says.
        """
        entry = self._entries[item_id]
        entry.cut_ms = min(entry.cut_ms, audio_end_ms)
        if entry.heard is None:
            return entry.cut_ms
        entry.item = _as_heard(entry, entry.heard, "incomplete")
        return min(entry.cut_ms, entry.heard.until_ms)

    def _drop_oldest(self) -> None:
        chars = sum(items.size_of(entry.item) for entry in self._entries.values())
        while len(self._entries) > self._max_items or (
            chars > self._max_chars and len(self._entries) > 1
        ):
            oldest = self._entries.pop(next(iter(self._entries)))
            chars -= items.size_of(oldest.item)


def _as_heard(entry: _Entry, heard: Heard, status: Status) -> items.Assistant:
    text = heard.by(entry.cut_ms)
    return items.assistant(entry.item.id or "", text, audio=heard.spoken, status=status)
