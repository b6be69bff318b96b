"""Client events as no client should send them: valid ones, changed somewhere."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import strategies as st

from tests.server.world import Event

MESSAGE = {
    "type": "message",
    "role": "user",
    "id": "item_1",
    "content": [{"type": "input_text", "text": "hello"}],
}
SESSION = {
    "type": "realtime",
    "instructions": "Be brief.",
    "output_modalities": ["audio"],
    "max_output_tokens": 100,
    "tools": [{"type": "function", "name": "look", "parameters": {"type": "object"}}],
    "tool_choice": "auto",
    "tracing": {"metadata": {"a": "b"}},
    "prompt": {"id": "x", "variables": {"a": "b"}},
    "antiphon": {
        "events": True,
        "speculation": True,
        "simulation": {"text": "hello", "voiced_ms": 900},
    },
    "audio": {
        "input": {
            "format": {"type": "audio/pcm", "rate": 24000},
            "transcription": {"language": "en"},
            "turn_detection": {
                "type": "server_vad",
                "silence_duration_ms": 500,
                "idle_timeout_ms": 30_000,
                "create_response": True,
                "interrupt_response": True,
            },
        },
        "output": {"format": {"type": "audio/pcm"}, "voice": "joe", "speed": 1.0},
    },
}
# Every event that a client may send.
VALID: list[Event] = [
    {"type": "session.update", "event_id": "e", "session": SESSION},
    {"type": "input_audio_buffer.append", "event_id": "e", "audio": "AAAA" * 160},
    {"type": "input_audio_buffer.commit", "event_id": "e"},
    {"type": "input_audio_buffer.clear"},
    {"type": "output_audio_buffer.clear", "event_id": "e"},
    {"type": "conversation.item.create", "event_id": "e", "item": MESSAGE},
    {"type": "conversation.item.delete", "item_id": "item_1"},
    {"type": "conversation.item.retrieve", "item_id": "item_1"},
    {"type": "conversation.item.truncate", "item_id": "i", "content_index": 0, "audio_end_ms": 5},
    {"type": "response.create", "response": {"metadata": {"a": "b"}, "instructions": "x"}},
    {"type": "response.cancel", "event_id": "e", "response_id": "resp_1"},
]

Path = tuple[str | int, ...]

# What only raw text can say.
NO_JSON = ["", "{", "nul", '{"type": NaN}', '{"type": ' + "9" * 5000 + "}", "[" * 5000]

numbers = st.integers() | st.floats() | st.sampled_from([10**30, -1, 0, 1e308])
# Characters of every kind, and those that other parts of a system stumble over.
texts = st.text(max_size=12) | st.sampled_from(
    ["\ud800", "\x00", "\ufffe", "hi\udfff", "-1", "inf"]
)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)


def places(value: Any, path: Path = ()) -> list[Path]:
    """Return the path of every value within `value`."""
    inner: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    found = [path] if path else []
    for key, part in inner:
        found += places(part, (*path, key))
    return found


def replaced(event: Event, path: Path, value: Any) -> Event:
    """Return `event` with another value at `path`."""
    changed = copy.deepcopy(event)
    _parent(changed, path)[path[-1]] = value
    return changed


@st.composite
def changed_events(draw: st.DrawFn) -> Event:
    """Return a valid event of which up to three values were replaced, removed or added."""
    event = copy.deepcopy(draw(st.sampled_from(VALID)))
    for _ in range(draw(st.integers(0, 3))):
        if not event:
            break
        path = draw(st.sampled_from(places(event)))
        match draw(st.sampled_from(["replace", "remove", "add"])):
            case "replace":
                event = replaced(event, path, draw(values))
            case "remove":
                del _parent(event, path)[path[-1]]
            case "add" if isinstance(path[-1], str):
                event = replaced(event, (*path[:-1], draw(texts)), draw(values))
    return event


def _parent(event: Event, path: Path) -> Any:
    node: Any = event
    for key in path[:-1]:
        node = node[key]
    return node
