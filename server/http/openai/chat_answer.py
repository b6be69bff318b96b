"""What the language model service writes, as OpenAI's completions. Pure, but for the time of day."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable
from typing import Any, Literal

from openai.types.chat import ChatCompletion, ChatCompletionChunk

from antiphon.v1 import generator_pb2 as pb

Reason = Literal["stop", "length", "tool_calls"]
_REASONS: dict[int, Reason] = {
    pb.FINISH_REASON_STOP: "stop",
    pb.FINISH_REASON_LENGTH: "length",
    pb.FINISH_REASON_TOOL_CALLS: "tool_calls",
}


class Answer:
    """Tells an answer by pieces, or as a whole; `model` is told as the client named it."""

    def __init__(self, model: str, with_usage: bool = False) -> None:
        self._told: dict[str, Any] = {
            "id": f"chatcmpl-{secrets.token_hex(12)}",
            "created": round(time.time()),  # by the wall clock, as OpenAI's clients expect
            "model": model,
        }
        self._with_usage = with_usage
        self._calls = 0

    def begin(self) -> ChatCompletionChunk:
        """Return the first chunk."""
        return self._chunk({"role": "assistant", "content": ""})

    def chunks(self, response: pb.GenerateResponse) -> Iterable[ChatCompletionChunk]:
        """Yield the chunks that tell `response`."""
        match response.WhichOneof("event"):
            case "text":
                yield self._chunk({"content": response.text.text})
            case "tool_call":
                call = {"index": self._calls, **_call(response.tool_call)}
                self._calls += 1
                yield self._chunk({"tool_calls": [call]})
            case "finish":
                yield self._chunk({}, _reason(response.finish))
                if self._with_usage:
                    yield self._make([], _usage(response.finish.usage))

    def whole(self, responses: list[pb.GenerateResponse]) -> ChatCompletion:
        """Return all of an answer."""
        text = "".join(response.text.text for response in responses)
        calls = [_call(r.tool_call) for r in responses if r.HasField("tool_call")]
        finish = responses[-1].finish
        message = {
            "role": "assistant",
            "content": text or (None if calls else ""),
            "tool_calls": calls or None,
        }
        choice = {"index": 0, "message": message, "finish_reason": _reason(finish)}
        return ChatCompletion.model_validate(
            {
                **self._told,
                "object": "chat.completion",
                "choices": [choice],
                "usage": _usage(finish.usage),
            }
        )

    def _chunk(self, delta: dict[str, Any], reason: Reason | None = None) -> ChatCompletionChunk:
        return self._make([{"index": 0, "delta": delta, "finish_reason": reason}])

    def _make(
        self, choices: list[dict[str, Any]], usage: dict[str, Any] | None = None
    ) -> ChatCompletionChunk:
        return ChatCompletionChunk.model_validate(
            {
                **self._told,
                "object": "chat.completion.chunk",
                "choices": choices,
                "usage": usage,
            }
        )


def _call(call: pb.ToolCall) -> dict[str, Any]:
    function = {"name": call.name, "arguments": call.arguments}
    return {"id": call.id, "type": "function", "function": function}


def _reason(finish: pb.Finish) -> Reason:
    return _REASONS.get(finish.reason, "stop")


def _usage(usage: pb.Usage) -> dict[str, Any]:
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.prompt_tokens + usage.completion_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cached_tokens},
    }
