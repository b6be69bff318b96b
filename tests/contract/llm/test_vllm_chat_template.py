"""Our prompts are those of Hugging Face's transformers, which vLLM's environment has."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from inference.llm.engine import Message, Role, Tool, ToolCall
from inference.llm.prompt import load_template
from inference.llm.settings import LlmSettings
from inference.llm.tokenizer import Tokenizer
from tests.inference.llm.small_model import TOOLS_TEMPLATE, write_json, write_model
from tests.llm_service import model_folder

transformers = pytest.importorskip("transformers", reason=".venv-vllm has transformers")

SCHEMA = {"type": "object", "properties": {"city": {"type": "string", "description": "é <&>"}}}
TOOL = Tool("get_weather", "The weather", SCHEMA)
THEIR_TOOL = {
    "type": "function",
    "function": {"name": "get_weather", "description": "The weather", "parameters": SCHEMA},
}
CALL = ToolCall("call_1", "get_weather", '{"city": "Zürich"}')
THEIR_CALL = {
    "type": "function",
    "id": "call_1",
    "function": {"name": "get_weather", "arguments": {"city": "Zürich"}},
}


def their_tokens(folder: Path, messages: Any, **options: Any) -> list[int]:
    tokenizer = transformers.AutoTokenizer.from_pretrained(str(folder))
    text = tokenizer.apply_chat_template(messages, tokenize=False, **options)
    return list(tokenizer(text, add_special_tokens=False)["input_ids"])


def our_tokens(folder: Path, messages: list[Message], *tools: Tool, answer: bool = True) -> Any:
    tokenizer = Tokenizer(folder)
    template = load_template(folder, tokenizer.special_tokens)
    return asyncio.run(tokenizer.encode(template.render(messages, tools, answer=answer)))


@pytest.mark.model
@pytest.mark.parametrize("system", ["Be kind.", ""])
@pytest.mark.parametrize("answer", [True, False])
def test_the_default_model(system: str, answer: bool) -> None:
    folder = model_folder(LlmSettings.model_validate({"engine": "vllm"}))
    said = [("user", " Grüezi!\n\nHow are you? ☕ 12345"), ("assistant", "Well."), ("user", "  ")]
    if system:
        said.insert(0, ("system", system))
    ours = [Message(Role(role), content) for role, content in said]
    theirs = [{"role": role, "content": content} for role, content in said]
    expected = their_tokens(folder, theirs, add_generation_prompt=answer)
    assert our_tokens(folder, ours, answer=answer) == expected


def test_a_template_with_tools(tmp_path: Path) -> None:
    folder = write_model(tmp_path, template=TOOLS_TEMPLATE)
    config = {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "<|end|>"}
    write_json(folder / "tokenizer_config.json", config)
    ours = [
        Message(Role.USER, "weather?"),
        Message(Role.ASSISTANT, "", (CALL,)),
        Message(Role.TOOL, "sunny", tool_call_id="call_1"),
    ]
    theirs = [
        {"role": "user", "content": "weather?"},
        {"role": "assistant", "content": "", "tool_calls": [THEIR_CALL]},
        {"role": "tool", "content": "sunny", "tool_call_id": "call_1"},
    ]
    expected = their_tokens(folder, theirs, tools=[THEIR_TOOL], add_generation_prompt=True)
    assert our_tokens(folder, ours, TOOL) == expected
