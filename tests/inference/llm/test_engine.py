"""The contract's words and the engine's are the same."""

from __future__ import annotations

import re
from pathlib import Path

import antiphon
from antiphon.v1 import generator_pb2 as pb
from inference.llm.engine import Capability, FinishReason, Role, ToolChoice


def names(enum: type, prefix: str) -> set[str]:
    return {f"{prefix}_{one.name}" for one in enum}  # type: ignore[attr-defined]


def test_capabilities_are_those_that_the_contract_lists() -> None:
    proto = Path(antiphon.__file__).with_name("v1") / "generator.proto"
    (listed,) = re.findall(
        r"// Capabilities in ServiceInfo: ((?:.*\n//)*?.*\.)\n", proto.read_text()
    )
    assert set(re.findall(r'"(\w+)"', listed)) == {str(one) for one in Capability}


def test_every_word_of_the_contract_has_its_value() -> None:
    for prefix, enum, of_contract in (
        ("ROLE", Role, pb.Role),
        ("TOOL_CHOICE", ToolChoice, pb.ToolChoice),
        ("FINISH_REASON", FinishReason, pb.FinishReason),
    ):
        known = set(of_contract.keys()) - {f"{prefix}_UNSPECIFIED"}
        assert names(enum, prefix) == known
