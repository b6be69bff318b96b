"""Which capabilities a request needs, and what is said where the engine lacks one."""

from __future__ import annotations

from collections.abc import Collection

from antiphon.errors import Unsupported
from inference.llm.engine import Capability, Request, ToolChoice

# Where to turn, by what is missing.
_MENDS = {
    Capability.TOOLS: 'a model whose chat template knows tools, such as Llama 3.1 Instruct, on engine "vllm"',
    Capability.FORCED_TOOLS: 'engine "vllm"',
    Capability.JSON_SCHEMA: 'engine "vllm"',
    Capability.SEED: 'engine "vllm", or temperature 0',
}


def needed(request: Request) -> set[Capability]:
    """Return the capabilities without which `request` cannot be answered as it asks."""
    found = set()
    if request.json_schema is not None:
        found.add(Capability.JSON_SCHEMA)
    if request.tool_choice is ToolChoice.AUTO:
        found.add(Capability.TOOLS)
    if request.tool_choice is ToolChoice.REQUIRED:
        found.add(Capability.FORCED_TOOLS)
    if request.sampling.seed is not None and request.sampling.temperature != 0:
        found.add(Capability.SEED)
    return found


def check(request: Request, capabilities: Collection[Capability], engine: str) -> None:
    """Raise `Unsupported`, which names what is missing and the engine that has it."""
    for missing in sorted(needed(request) - set(capabilities)):
        raise Unsupported(
            f'this request needs "{missing}", which engine "{engine}" lacks with its model; '
            f"use {_MENDS[missing]}",
            capability=missing,
            engine="vllm",
        )
