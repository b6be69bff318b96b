"""The model's own chat template, rendered as Hugging Face's `apply_chat_template` would."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

import jinja2
from jinja2 import meta
from jinja2.ext import loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment

from antiphon.errors import InvalidInput, Misconfigured
from inference.llm.engine import Json, Message, Role, Tool, ToolCall
from inference.llm.model_folder import read_json
from inference.llm.tool_calls import prompt_text


class ChatTemplate:
    """Renders messages and tools to the text that the model was trained to continue."""

    def __init__(self, source: str, special_tokens: Sequence[str] = (), **names: str) -> None:
        """`names` are variables such as bos_token; messages and tools may not hold `special_tokens`."""
        environment = _environment()
        try:
            self._template = environment.from_string(source)
            self.takes_tools = "tools" in meta.find_undeclared_variables(environment.parse(source))
        except jinja2.TemplateError as error:
            raise Misconfigured(f"the model's chat template cannot be read: {error}") from None
        listed = "|".join(re.escape(token) for token in special_tokens if token)
        self._special = re.compile(listed or "(?!)")  # the second matches nothing
        self._names = names

    def render(
        self, messages: Sequence[Message], tools: Sequence[Tool] = (), *, answer: bool = True
    ) -> str:
        """Return the prompt; with `answer`, up to where the model begins to speak.

        Where the template knows no tools, the system is told of them in words. Raises `InvalidInput`
        for what the template does not take.
        """
        try:
            if tools and not self.takes_tools:
                messages = _with_system_text(messages, prompt_text(tools))
            text = self._template.render(
                messages=[self._message(message) for message in messages],
                tools=[self._defuse(_tool(tool)) for tool in tools] or None,
                add_generation_prompt=answer,
                **self._names,
            )
        except jinja2.TemplateError as error:
            raise InvalidInput(
                f"the model's chat template does not take these messages: {error}"
            ) from None
        except RecursionError:
            raise InvalidInput("a tool or a tool call is nested too deeply for a prompt") from None
        # JSON can spell half a surrogate pair, which is no text.
        return text.encode("utf-8", "replace").decode("utf-8")

    def _message(self, message: Message) -> dict[str, Any]:
        rendered: dict[str, Any] = {
            "role": message.role.value,
            "content": self._defuse(message.content),
        }
        if message.tool_calls:
            rendered["tool_calls"] = [self._call(call) for call in message.tool_calls]
        if message.tool_call_id:
            rendered["tool_call_id"] = self._defuse(message.tool_call_id)
        return rendered

    def _call(self, call: ToolCall) -> Json:
        # Parsed first: JSON can spell a token as "\u003c|end|>".
        function = {"name": call.name, "arguments": json.loads(call.arguments)}
        return {
            "type": "function",
            "id": self._defuse(call.id),
            "function": self._defuse(function),
        }

    def _defuse(self, value: Json) -> Json:
        """Spell out special tokens: with one, a caller could end the message and be the system."""
        match value:
            case str():
                return self._special.sub(lambda found: f"{found[0][:1]} {found[0][1:]}", value)
            case list():
                return [self._defuse(one) for one in value]
            case dict():
                return {self._defuse(name): self._defuse(one) for name, one in value.items()}
            case _:
                return value


def load_template(folder: Path, special_tokens: Sequence[str]) -> ChatTemplate:
    """Return the chat template in a model folder: `chat_template.jinja`, or the tokenizer's own."""
    config = read_json(folder / "tokenizer_config.json")
    own_file = folder / "chat_template.jinja"
    source = own_file.read_text("utf-8") if own_file.is_file() else config.get("chat_template")
    if not isinstance(source, str):
        raise Misconfigured(
            f"the model in {folder} has no chat template; use an instruction-tuned model"
        )
    names = {
        name: text
        for name in ("bos_token", "eos_token", "unk_token", "pad_token")
        if (text := _token_text(config.get(name)))
    }
    return ChatTemplate(source, special_tokens, **names)


def _environment() -> ImmutableSandboxedEnvironment:
    # The options and names that transformers gives a template.
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols]
    )
    environment.filters["tojson"] = _to_json
    environment.globals["raise_exception"] = _refuse
    environment.globals["strftime_now"] = _strftime_now
    return environment


def _to_json(value: Json, indent: int | None = None) -> str:
    # Jinja's own escapes <, > and & for HTML, which the model would read.
    return json.dumps(value, ensure_ascii=False, indent=indent)


def _refuse(message: str) -> NoReturn:
    raise jinja2.TemplateError(message)


def _strftime_now(pattern: str) -> str:
    return datetime.now().astimezone().strftime(pattern)


def _with_system_text(messages: Sequence[Message], text: str) -> list[Message]:
    """Add to the first message if the system wrote it, else put one before."""
    first, *rest = messages
    if first.role is Role.SYSTEM:
        return [replace(first, content=f"{first.content}\n\n{text}"), *rest]
    return [Message(Role.SYSTEM, text), *messages]


def _tool(tool: Tool) -> Json:
    return {
        "type": "function",
        "function": {
            "name": tool.name,
            "description": tool.description,
            "parameters": tool.parameters,
        },
    }


def _token_text(value: Any) -> str:
    """A special token is written as its text, or as an object that holds it."""
    return str(value.get("content", "")) if isinstance(value, dict) else str(value or "")
