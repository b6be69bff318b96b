"""Messages of the contract to the engine's values, and back. What cannot be used is refused here."""

from __future__ import annotations

from antiphon.errors import InvalidInput
from antiphon.v1 import common_pb2
from antiphon.v1 import generator_pb2 as pb

from inference.llm.engine import (
    Event,
    Finish,
    FinishReason,
    Message,
    Request,
    Role,
    Sampling,
    TextDelta,
    ToolCall,
)

_ROLES = {
    pb.ROLE_SYSTEM: Role.SYSTEM,
    pb.ROLE_USER: Role.USER,
    pb.ROLE_ASSISTANT: Role.ASSISTANT,
    pb.ROLE_TOOL: Role.TOOL,
}
_REASONS = {
    FinishReason.STOP: pb.FINISH_REASON_STOP,
    FinishReason.LENGTH: pb.FINISH_REASON_LENGTH,
    FinishReason.TOOL_CALLS: pb.FINISH_REASON_TOOL_CALLS,
}


def read_request(request: pb.GenerateRequest) -> Request:
    """Return the request as values; raise `InvalidInput` for what no engine could use."""
    return Request(read_messages(request.messages), _sampling(request.sampling))


def read_messages(messages: object) -> tuple[Message, ...]:
    return tuple(Message(_ROLES[m.role], m.content) for m in messages)


def _sampling(sampling: pb.Sampling) -> Sampling:
    def given(name: str):
        return getattr(sampling, name) if sampling.HasField(name) else None

    return Sampling(
        given("temperature"), given("top_p"), given("top_k"), given("repetition_penalty"), given("seed"),
        sampling.max_tokens, tuple(sampling.stop),
    )


def write_event(event: Event) -> pb.GenerateResponse:
    """Return `event` as it travels."""
    match event:
        case TextDelta(text):
            return pb.GenerateResponse(text=pb.TextDelta(text=text))
        case ToolCall(id, name, arguments):
            return pb.GenerateResponse(tool_call=pb.ToolCall(id=id, name=name, arguments=arguments))
        case Finish(reason, usage, timing):
            return pb.GenerateResponse(
                finish=pb.Finish(
                    reason=_REASONS[reason],
                    usage=pb.Usage(
                        prompt_tokens=usage.prompt_tokens,
                        cached_tokens=usage.cached_tokens,
                        completion_tokens=usage.completion_tokens,
                    ),
                    timing=common_pb2.Timing(
                        queue_ms=timing.queue_ms,
                        compute_ms=timing.compute_ms,
                        first_output_ms=timing.first_output_ms,
                    ),
                )
            )
