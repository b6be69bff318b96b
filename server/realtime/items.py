"""A conversation's items, as the `openai` package's models: made here, or taken from a client. Pure."""

from __future__ import annotations

import json
from typing import Any, Literal

from openai.types import realtime as oai
from openai.types.realtime.realtime_conversation_item_assistant_message import (
    Content as AssistantContent,
)
from openai.types.realtime.realtime_conversation_item_user_message import Content as UserContent

from server.realtime.refusals import unserved, wrong
from server.realtime.server_events import new_id

System = oai.RealtimeConversationItemSystemMessage
User = oai.RealtimeConversationItemUserMessage
Assistant = oai.RealtimeConversationItemAssistantMessage
Message = System | User | Assistant
FunctionCall = oai.RealtimeConversationItemFunctionCall
FunctionCallOutput = oai.RealtimeConversationItemFunctionCallOutput
Item = Message | FunctionCall | FunctionCallOutput
Status = Literal["completed", "incomplete", "in_progress"]

# OpenAI's ids have 32 characters, and clients make some of their own.
MAX_ID_CHARS = 128


def user_said(item_id: str, transcript: str) -> User:
    """Return what the caller said."""
    return User(
        id=item_id,
        object="realtime.item",
        type="message",
        role="user",
        status="completed",
        content=[UserContent(type="input_audio", transcript=transcript)],
    )


def assistant(item_id: str, text: str, *, audio: bool, status: Status) -> Assistant:
    """Return (what is known of) a reply."""
    if audio:
        part = AssistantContent(type="output_audio", transcript=text)
    else:
        part = AssistantContent(type="output_text", text=text)
    return Assistant(
        id=item_id,
        object="realtime.item",
        type="message",
        role="assistant",
        status=status,
        content=[part] if text else [],
    )


def function_call(item_id: str, call_id: str, name: str, arguments: str) -> FunctionCall:
    """Return a call that the client is to make."""
    return FunctionCall(
        id=item_id,
        object="realtime.item",
        type="function_call",
        status="completed",
        call_id=call_id,
        name=name,
        arguments=arguments,
    )


def text_of(item: Message) -> str:
    """Return all that was said or written in a message."""
    # Which of the two fields holds it is the part's type; a part of the system has only one.
    return "".join(part.text or getattr(part, "transcript", None) or "" for part in item.content)


def size_of(item: Item) -> int:
    """Return the characters that an item takes in a prompt."""
    match item:
        case FunctionCall():
            return len(item.name) + len(item.arguments)
        case FunctionCallOutput():
            return len(item.output)
    return len(text_of(item))


def accept(given: object, param: str) -> Item:
    """Return a client's item as it enters a conversation, with an id of its own where it has none.

    Raises `InvalidInput` or `Unsupported` that names the parameter, below `param`.
    """
    match given:
        case System() | User() | Assistant():
            changes = _message_changes(given, f"{param}.content")
        case FunctionCall():
            changes = _call_changes(given, f"{param}.arguments")
        case FunctionCallOutput():
            changes = {}
        case _:
            raise unserved(f"{param}.type", "only messages, function calls and their outputs")
    if len(given.id or "") > MAX_ID_CHARS:
        raise wrong(f"{param}.id", f"more than {MAX_ID_CHARS} characters")
    kept = {"id": given.id or new_id("item"), "object": "realtime.item", "status": "completed"}
    return given.model_copy(update=kept | changes)


def _message_changes(given: Message, param: str) -> dict[str, Any]:
    for part in given.content:
        if part.type == "input_image":
            raise unserved(param, "images are not looked at")
        if part.type == "input_audio" and not getattr(part, "transcript", None):
            raise unserved(
                param, "audio within an item is not heard: append it to the input audio buffer"
            )
    if not text_of(given).strip():
        raise wrong(param, "no text")
    # Audio is not told back.
    return {"content": [part.model_copy(update={"audio": None}) for part in given.content]}


def _call_changes(given: FunctionCall, param: str) -> dict[str, Any]:
    try:
        arguments = json.loads(given.arguments or "{}")
    except ValueError:
        arguments = None
    if not isinstance(arguments, dict):
        raise wrong(param, "no JSON object")
    return {"arguments": json.dumps(arguments), "call_id": given.call_id or new_id("call")}
