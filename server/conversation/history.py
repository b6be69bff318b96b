"""What was said so far, as the language model is told it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from antiphon.v1 import generator_pb2 as pb
from server.conversation.items import Items
from server.realtime import items
from server.realtime.items import FunctionCall, FunctionCallOutput, Item

ROLES = {"system": pb.ROLE_SYSTEM, "user": pb.ROLE_USER, "assistant": pb.ROLE_ASSISTANT}
# What may be the first that a model is told of a conversation whose beginning is left out.
BEGINNINGS = (pb.ROLE_USER, pb.ROLE_SYSTEM)

# A message, and the item that it is of.
_Told = tuple[str, pb.Message]


class History:
    """A session's items, and the last of them, at most `max_chars`, as messages.

    Where more was said, half as much stays, and grows again: the next prompts begin as the one before, of
    which an engine remembers what it read. Were each turn to drop a little, all would be read anew.

    The `apology` for what failed is an item, but no part of what is talked about: a small model that reads
    it takes it for its own manner, and has problems ever after.
    """

    def __init__(self, max_chars: int, apology: str = "") -> None:
        self.items = Items()
        self._max_chars = max_chars
        self._apology = apology.strip()
        self._from = ""  # the item that is the first to be told; none: the first that there is

    def last_reply(self) -> str:
        """Return what the agent said last, as far as it was heard; nothing, where it said nothing."""
        for item in reversed(list(self.items)):
            if item.type == "message" and item.role == "assistant" and not self._apologises(item):
                return items.text_of(item)
        return ""

    def messages(
        self, instructions: str, said: str = "", instead: Iterable[Item] | None = None
    ) -> list[pb.Message]:
        """Return the request's messages: the instructions, the conversation, and what was just `said`.

        `instead` stands for the conversation. What one side said in several goes is one message: a
        caller who paused meant one thing, and some models' chat templates refuse two messages of one
        role.
        """
        conversation = self._kept() if instead is None else instead
        told = [*_told(item for item in conversation if not self._apologises(item))]
        if said:
            told.append(("", pb.Message(role=pb.ROLE_USER, content=said)))
        if _chars(told) > self._max_chars:
            told = _newest(told, self._max_chars // 2)
            if instead is None and told:
                self._from = told[0][0] or self._from
        first = [pb.Message(role=pb.ROLE_SYSTEM, content=instructions)] if instructions else []
        return _merged([*first, *(message for _, message in told)])

    def _kept(self) -> list[Item]:
        listed = list(self.items)
        places = (place for place, item in enumerate(listed) if item.id == self._from)
        return listed[next(places, 0) :]

    def _apologises(self, item: Item) -> bool:
        if item.type != "message" or item.role != "assistant":
            return False
        text = items.text_of(item).strip()
        return bool(text) and self._apology.startswith(text)


def newer_half(messages: Sequence[pb.Message]) -> Sequence[pb.Message]:
    """Return the request's messages without the older half; of what the caller said last on, all."""
    first = [each for each in messages[:1] if each.role == pb.ROLE_SYSTEM]
    rest = [("", each) for each in messages[len(first) :]]
    return [*first, *(each for _, each in _newest(rest, _chars(rest) // 2))]


def _told(conversation: Iterable[Item]) -> Iterator[_Told]:
    """Yield one message an item; a call goes with its output, or is left out until there is one."""
    listed = list(conversation)
    outputs = {item.call_id: item for item in listed if isinstance(item, FunctionCallOutput)}
    for item in listed:
        if isinstance(item, FunctionCall):
            if item.call_id in outputs:
                for message in _call(item, outputs[item.call_id]):
                    yield item.id or "", message
        elif not isinstance(item, FunctionCallOutput) and (text := items.text_of(item)).strip():
            yield item.id or "", pb.Message(role=ROLES[item.role], content=text)


def _call(call: FunctionCall, output: FunctionCallOutput) -> Iterator[pb.Message]:
    made = pb.ToolCall(id=output.call_id, name=call.name, arguments=call.arguments)
    yield pb.Message(role=pb.ROLE_ASSISTANT, tool_calls=[made])
    yield pb.Message(role=pb.ROLE_TOOL, content=output.output, tool_call_id=output.call_id)


def _newest(told: list[_Told], max_chars: int) -> list[_Told]:
    """Return the last messages, from what the caller said last on in any case.

    A reply goes with what it answered: alone it misleads, and some models' chat templates refuse a
    conversation that begins with it. Untrimmed, that is the greeting.
    """
    roles = [message.role for _, message in told]
    last = max((i for i, role in enumerate(roles) if role == pb.ROLE_USER), default=len(told) - 1)
    chars, start = _chars(told), 0
    while start < last and (chars > max_chars or (start and roles[start] not in BEGINNINGS)):
        chars -= _size(told[start][1])
        start += 1
    return told[start:]


def _chars(told: Iterable[_Told]) -> int:
    return sum(_size(message) for _, message in told)


def _size(message: pb.Message) -> int:
    return len(message.content) + sum(len(call.arguments) for call in message.tool_calls)


def _merged(told: Iterable[pb.Message]) -> list[pb.Message]:
    merged: list[pb.Message] = []
    for message in told:
        before = merged[-1] if merged else None
        if before is None or not _belong_together(before, message):
            merged.append(message)
            continue
        before.content = f"{before.content} {message.content}".strip()
        before.tool_calls.extend(message.tool_calls)
    return merged


def _belong_together(before: pb.Message, message: pb.Message) -> bool:
    return before.role == message.role != pb.ROLE_TOOL and not before.tool_calls
