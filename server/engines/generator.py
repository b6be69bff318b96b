"""One generation: messages in, text and calls as they are written."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence

from antiphon.caller import Metadata
from antiphon.observability.attribution import attributed
from antiphon.v1 import generator_pb2 as pb
from antiphon.v1.generator_pb2_grpc import GeneratorStub
from server.engines.pulse import Pulse
from server.engines.stream import First, responses
from server.realtime.tools import NO_TOOLS, Tools

SERVICE = "language model"
# Reading the longest prompt takes a busy CPU some seconds; no caller waits longer than this.
PATIENCE_S = 30.0

CHOICES = {
    "auto": pb.TOOL_CHOICE_AUTO,
    "none": pb.TOOL_CHOICE_NONE,
    "required": pb.TOOL_CHOICE_REQUIRED,
}


class Generation:
    """A Generate call, on its way from the moment this object is made; its first answer has `first_s`."""

    def __init__(
        self,
        stub: GeneratorStub,
        messages: Sequence[pb.Message],
        max_tokens: int,
        tools: Tools = NO_TOOLS,
        metadata: Metadata = (),
        pulse: Pulse | None = None,
        first_s: float = PATIENCE_S,
    ) -> None:
        request = pb.GenerateRequest(messages=messages, sampling=pb.Sampling(max_tokens=max_tokens))
        if tools.offered:
            request.tools.extend(as_tools(tools))
            request.tool_choice = CHOICES[tools.choice]
            request.tool_name = tools.forced
        self._call = stub.Generate(request, metadata=(*metadata, *attributed()))
        self._pulse = pulse
        self._first = First(first_s)

    def responses(self) -> AsyncIterator[pb.GenerateResponse]:
        """Yield responses until the Finish; raise an `AntiphonError` if the service fails or hangs."""
        self._first.begin()
        return responses(self._call, SERVICE, PATIENCE_S, self._pulse, self._first)

    def cancel(self) -> None:
        """Stop generation; nothing happens where it has ended."""
        self._call.cancel()


def as_tools(tools: Tools) -> list[pb.Tool]:
    """Return `tools` as the contract has them."""
    return [
        pb.Tool(
            name=tool.name,
            description=tool.description,
            parameters=json.dumps(tool.parameters),
        )
        for tool in tools.offered
    ]
