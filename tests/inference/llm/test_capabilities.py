from __future__ import annotations

import pytest

from antiphon.errors import Unsupported
from inference.llm.capabilities import check, needed
from inference.llm.engine import Capability, Message, Request, Role, Sampling, ToolChoice

HELLO = (Message(Role.USER, "hello"),)


@pytest.mark.parametrize(
    ("request_", "needs"),
    [
        (Request(HELLO), set()),
        (Request(HELLO, json_schema={}), {Capability.JSON_SCHEMA}),
        (Request(HELLO, tool_choice=ToolChoice.AUTO), {Capability.TOOLS}),
        (Request(HELLO, tool_choice=ToolChoice.REQUIRED), {Capability.FORCED_TOOLS}),
        (Request(HELLO, Sampling(seed=0)), {Capability.SEED}),
        (Request(HELLO, Sampling(seed=0, temperature=0)), set()),
    ],
)
def test_what_a_request_needs(request_: Request, needs: set[Capability]) -> None:
    assert needed(request_) == needs
    check(request_, needs, "any")


def test_what_is_missing_is_named_with_who_has_it() -> None:
    request = Request(HELLO, json_schema={})
    with pytest.raises(Unsupported, match=r'"json_schema".*"ctranslate2".*"vllm"') as caught:
        check(request, {Capability.TOOLS}, "ctranslate2")
    assert caught.value.metadata == {"capability": "json_schema", "engine": "vllm"}
