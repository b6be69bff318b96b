"""One generation: messages in, text as it is written."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from antiphon.v1 import generator_pb2 as pb
from antiphon.v1.generator_pb2_grpc import GeneratorStub
from server.engines.stream import responses

SERVICE = "language model"
# Reading the longest prompt takes a busy CPU some seconds; no caller waits longer than this.
PATIENCE_S = 30.0


class Generation:
    """A Generate call, on its way from the moment this object is made."""

    def __init__(
        self, stub: GeneratorStub, messages: Sequence[pb.Message], max_tokens: int
    ) -> None:
        self._call = stub.Generate(
            pb.GenerateRequest(messages=messages, sampling=pb.Sampling(max_tokens=max_tokens))
        )

    def responses(self) -> AsyncIterator[pb.GenerateResponse]:
        """Yield responses until the Finish; raise an `AntiphonError` if the service fails or hangs."""
        return responses(self._call, SERVICE, PATIENCE_S)

    def cancel(self) -> None:
        """Stop generation; nothing happens where it has ended."""
        self._call.cancel()
