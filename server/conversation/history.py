"""What was said so far, as the language model is told it. Pure."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from antiphon.v1 import generator_pb2 as pb


@dataclass(slots=True)
class Entry:
    """One message; what the caller did not hear of a reply is not in it."""

    role: pb.Role
    text: str


class History:
    """Messages of a session, oldest dropped first once they pass `max_chars`.

    The newest message always stays, however long it is. A reply goes with what it answered: alone it
    misleads, and some models' chat templates refuse a conversation that begins with it.
    """

    def __init__(self, max_chars: int) -> None:
        self._max_chars = max_chars
        self._entries: deque[Entry] = deque()
        self._chars = 0
        self._trimmed = False

    def add(self, role: pb.Role, text: str) -> None:
        """Append a message; text of white space alone is none."""
        if not text.strip():
            return
        self._entries.append(Entry(role, text))
        self._chars += len(text)
        while len(self._entries) > 1 and (
            self._chars > self._max_chars or self._begins_with_reply()
        ):
            self._chars -= len(self._entries.popleft().text)
            self._trimmed = True

    def messages(self, instructions: str) -> list[pb.Message]:
        """Return the request's messages: the instructions, then the conversation."""
        system = [pb.Message(role=pb.ROLE_SYSTEM, content=instructions)] if instructions else []
        return system + [pb.Message(role=entry.role, content=entry.text) for entry in self._entries]

    def _begins_with_reply(self) -> bool:
        # Untrimmed, that is the greeting.
        return self._trimmed and self._entries[0].role == pb.ROLE_ASSISTANT
