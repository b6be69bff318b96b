"""What is wrong with a client event, by the parameter's name; the value itself is never repeated. Pure."""

from __future__ import annotations

from antiphon.errors import InvalidInput, Unsupported

# The event, by what its parameters begin with.
EVENTS = {
    "session": "session.update",
    "response": "response.create",
    "item": "conversation.item.create",
}


def wrong(param: str, why: str) -> InvalidInput:
    """Return the error of a parameter whose value cannot be."""
    return InvalidInput(_message(param, why), reason="INVALID_FIELD", param=param)


def unserved(param: str, why: str) -> Unsupported:
    """Return the error of a parameter whose value OpenAI knows and this appliance does not serve."""
    return Unsupported(_message(param, why), param=param)


def _message(param: str, why: str) -> str:
    return f"{EVENTS[param.split('.')[0]]}: {param}: {why}"
