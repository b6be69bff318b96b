from __future__ import annotations

from typing import Any

import pytest
from openai.types import realtime as oai

from antiphon.errors import AntiphonError, InvalidInput, Unsupported
from server.realtime.tools import MAX_PARAMETERS_BYTES, MAX_TOOLS, NO_TOOLS, Tool, Tools, changed

LOOK = {"type": "function", "name": "look"}
PHRASE = "tangerine"


def _changed(before: Tools = NO_TOOLS, /, **given: Any) -> Tools:
    session = oai.RealtimeSessionCreateRequest.model_validate({"type": "realtime", **given})
    return changed(before, session.tools, session.tool_choice, "session")


def _refused(**given: Any) -> AntiphonError:
    with pytest.raises(AntiphonError) as refused:
        _changed(**given)
    return refused.value


def test_nothing_given_changes_nothing() -> None:
    tools = Tools((Tool("look", "", {}),), "required", "look")
    assert _changed(tools) == tools


def test_a_function_is_told_as_it_was_given() -> None:
    given = LOOK | {
        "description": "Looks up.",
        "parameters": {"type": "object", "properties": {"where": {"type": "string"}}},
    }
    (tool,) = _changed(tools=[given]).offered
    assert tool.as_json() == given


def test_a_function_without_parameters_takes_none() -> None:
    (tool,) = _changed(tools=[LOOK]).offered
    assert tool.parameters == {"type": "object", "properties": {}}
    assert tool.description == ""


@pytest.mark.parametrize(
    ("given", "choice", "forced"),
    [
        ("auto", "auto", ""),
        ("none", "none", ""),
        ("required", "required", ""),
        ({"type": "function", "name": "look"}, "required", "look"),
    ],
)
def test_a_choice_is_told_as_it_was_given(given: Any, choice: str, forced: str) -> None:
    tools = _changed(tools=[LOOK], tool_choice=given)
    assert (tools.choice, tools.forced) == (choice, forced)
    assert tools.choice_as_json() == given


def test_a_forced_function_that_is_offered_no_more_leaves_the_choice_to_the_model() -> None:
    tools = _changed(tools=[LOOK], tool_choice={"type": "function", "name": "look"})
    assert _changed(tools, tools=[LOOK | {"name": "listen"}]).choice == "auto"
    kept = _changed(tools, tools=[LOOK, LOOK | {"name": "listen"}])
    assert (kept.choice, kept.forced) == ("required", "look")


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({"tools": [LOOK | {"name": PHRASE + " "}]}, "tools.0.name"),
        ({"tools": [LOOK, {"type": "function"}]}, "tools.1.name"),
        ({"tools": [LOOK, LOOK]}, "tools"),
        ({"tools": [LOOK] * (MAX_TOOLS + 1)}, "tools"),
        ({"tools": [LOOK | {"parameters": [PHRASE]}]}, "tools.0.parameters"),
        ({"tools": [LOOK | {"parameters": {"type": PHRASE}}]}, "tools.0.parameters"),
        (
            {"tools": [LOOK | {"parameters": {"title": "x" * MAX_PARAMETERS_BYTES}}]},
            "tools.0.parameters",
        ),
        ({"tool_choice": {"type": "function", "name": PHRASE}}, "tool_choice"),
    ],
)
def test_what_cannot_be_is_refused_by_name(given: dict[str, Any], param: str) -> None:
    problem = _refused(**given)
    assert isinstance(problem, InvalidInput)
    assert problem.metadata["param"] == f"session.{param}"
    assert PHRASE not in problem.message


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({"tools": [{"type": "mcp", "server_label": "x"}]}, "tools.0.type"),
        ({"tool_choice": {"type": "mcp", "server_label": "x"}}, "tool_choice.type"),
    ],
)
def test_tools_of_other_servers_are_not_served(given: dict[str, Any], param: str) -> None:
    problem = _refused(**given)
    assert isinstance(problem, Unsupported)
    assert problem.metadata["param"] == f"session.{param}"
