"""The functions that a client offers to the model, and whether it must call one. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from openai.types import realtime as oai
from openai.types.responses import ToolChoiceFunction

from server.realtime.refusals import unserved, wrong

# The language model service's own bounds, checked here so that the client is told at once.
MAX_TOOLS = 64
MAX_PARAMETERS_BYTES = 64 * 1024
NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class Tool:
    """A function; `parameters` is the JSON schema of its arguments."""

    name: str
    description: str
    parameters: Mapping[str, Any]

    def as_json(self) -> dict[str, Any]:
        """Return it as it stands in a session object."""
        return {
            "type": "function",
            "name": self.name,
            "description": self.description,
            "parameters": self.parameters,
        }


@dataclass(frozen=True, slots=True)
class Tools:
    """What is offered; `choice` is auto, none or required, and `forced` the one function required."""

    offered: tuple[Tool, ...] = ()
    choice: str = "auto"
    forced: str = ""

    def choice_as_json(self) -> str | dict[str, str]:
        """Return the choice as it stands in a session object."""
        return {"type": "function", "name": self.forced} if self.forced else self.choice


NO_TOOLS = Tools()


def changed(
    tools: Tools, given: Sequence[object] | None, given_choice: object, where: str
) -> Tools:
    """Return `tools` with what is given, not None, in its place.

    Raises `InvalidInput` or `Unsupported` that names the parameter, below `where`.
    """
    offered = tools.offered if given is None else _offered(given, f"{where}.tools")
    names = {tool.name for tool in offered}
    choice, forced = tools.choice, tools.forced
    if given_choice is not None:
        choice, forced = _choice(given_choice, f"{where}.tool_choice")
        if forced and forced not in names:
            raise wrong(f"{where}.tool_choice", "no tool has this name")
    elif forced and forced not in names:
        choice, forced = "auto", ""  # it went with its function
    return Tools(offered, choice, forced)


def _offered(given: Sequence[object], where: str) -> tuple[Tool, ...]:
    if len(given) > MAX_TOOLS:
        raise wrong(where, f"{len(given)} tools; at most {MAX_TOOLS} are allowed")
    offered = tuple(_tool(tool, f"{where}.{i}") for i, tool in enumerate(given))
    if len({tool.name for tool in offered}) < len(offered):
        raise wrong(where, "two tools have the same name")
    return offered


def _tool(given: object, where: str) -> Tool:
    if not isinstance(given, oai.RealtimeFunctionTool):
        raise unserved(f"{where}.type", "only functions are served")
    if not NAME.fullmatch(given.name or ""):
        raise wrong(f"{where}.name", "not 1 to 64 letters, digits, underscores and hyphens")
    return Tool(
        given.name or "",
        given.description or "",
        _parameters(given.parameters, f"{where}.parameters"),
    )


def _parameters(given: object, where: str) -> dict[str, Any]:
    if given is None:
        return {"type": "object", "properties": {}}
    if not isinstance(given, dict) or given.get("type", "object") != "object":
        raise wrong(where, 'not a JSON schema of type "object"')
    size = len(json.dumps(given).encode())
    if size > MAX_PARAMETERS_BYTES:
        raise wrong(where, f"{size} bytes; at most {MAX_PARAMETERS_BYTES} are allowed")
    return given


def _choice(given: object, where: str) -> tuple[str, str]:
    if isinstance(given, str):
        return given, ""
    if isinstance(given, ToolChoiceFunction):
        return "required", given.name
    raise unserved(f"{where}.type", "only functions are served")
