"""Tool calls as the model writes them: Llama 3.1's `{"name": "weather", "parameters": {...}}`."""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection, Sequence

from inference.llm.engine import Event, Json, TextDelta, Tool, ToolCall
from inference.llm.strict_json import parse

# A call begins like this in the format that the model was trained on; a grammar takes over from here.
TRIGGER = '{"name": "'
# Between several calls.
SEPARATORS = " \t\r\n;,"


def forced_tag(tools: Sequence[Tool]) -> Json:
    """Return xgrammar's structural tag of an answer that is one call to one of `tools`."""
    return _structural({"type": "or", "elements": [_tag(tool) for tool in tools]})


def offered_tag(tools: Sequence[Tool]) -> Json:
    """Return the structural tag of an answer that is free text, with or without a call at its end.

    One call, since what is said next depends on its result.
    """
    tags = [_tag(tool) for tool in tools]
    triggered = {"type": "triggered_tags", "triggers": [TRIGGER], "tags": tags}
    return _structural({**triggered, "stop_after_first": True})


def prompt_text(tools: Sequence[Tool]) -> str:
    """Return what tells a model of the tools whose chat template cannot."""
    listed = "\n".join(
        json.dumps({"name": t.name, "description": t.description, "parameters": t.parameters})
        for t in tools
    )
    return (
        'You can call these tools. To call one, answer with nothing but {"name": its name, "parameters": '
        f"its arguments}}.\n{listed}"
    )


class ToolReader:
    """Finds calls in an answer. Text before, between and after them passes through.

    From the first brace on, text is held until it is a call, or certainly none. A call that is not
    valid JSON, or to a tool that was not offered, is text; the rest of a call that ends unfinished
    is dropped, since nobody should hear it.
    """

    def __init__(self, names: Collection[str]) -> None:
        self._names = frozenset(names)
        self._held = ""
        self.calls = 0

    def feed(self, text: str) -> list[Event]:
        """Return the text and calls that are now certain."""
        undecided = self._held.startswith("{") and "}" not in text
        self._held += text
        events: list[Event] = []
        if undecided:
            return events
        while self._held:
            start = self._held.find("{")
            if start != 0:
                self._pass(start if start > 0 else len(self._held), events)
                continue
            if not (length := _object_length(self._held)):
                break
            self._take(length, events)
        return events

    def close(self) -> list[Event]:
        """Return what was held and is no call."""
        held, self._held = self._held, ""
        start, written = "".join(TRIGGER.split()), "".join(held.split())
        if start.startswith(written) or written.startswith(start):
            return []  # nothing, or a call that was cut off
        return [TextDelta(held)]

    def _pass(self, length: int, events: list[Event]) -> None:
        text, self._held = self._held[:length], self._held[length:]
        if text.strip(SEPARATORS) or not self.calls:
            events.append(TextDelta(text))

    def _take(self, length: int, events: list[Event]) -> None:
        text, self._held = self._held[:length], self._held[length:]
        call = self._read(text)
        self.calls += call is not None
        events.append(call or TextDelta(text))

    def _read(self, text: str) -> ToolCall | None:
        try:
            found = parse(text)
        except ValueError:
            return None
        name, arguments = found.get("name"), found.get("parameters", found.get("arguments"))
        if not isinstance(name, str) or name not in self._names or not isinstance(arguments, dict):
            return None
        try:
            written = json.dumps(arguments, allow_nan=False)
        except ValueError:  # 1e999 is JSON, and parsed to infinity, which is none
            return None
        return ToolCall(f"call_{secrets.token_hex(12)}", name, written)


def _structural(form: Json) -> Json:
    return {"type": "structural_tag", "format": form}


def _tag(tool: Tool) -> Json:
    # The schema stays the root of its own references. Of whitespace, a small model can write without end.
    content = {"type": "json_schema", "json_schema": tool.parameters, "max_whitespace_cnt": 1}
    begin = f'{TRIGGER}{tool.name}", "parameters": '
    return {"type": "tag", "begin": begin, "content": content, "end": "}"}


def _object_length(text: str) -> int:
    """Length of the brace's object at the start of `text`, 0 where it is not complete."""
    depth, in_string, escaped = 0, False, False
    for position, character in enumerate(text):
        if escaped:
            escaped = False
        elif in_string:
            escaped, in_string = character == "\\", character != '"'
        elif character == '"':
            in_string = True
        elif character in "{}":
            depth += 1 if character == "{" else -1
            if not depth:
                return position + 1
    return 0
