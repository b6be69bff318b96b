"""One generation: messages in, text as it is written."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

import grpc

from antiphon.status import from_rpc_error
from antiphon.v1 import generator_pb2 as pb
from antiphon.v1.generator_pb2_grpc import GeneratorStub

SERVICE = "language model"


class Generation:
    """A Generate call, on its way from the moment this object is made."""

    def __init__(
        self, stub: GeneratorStub, messages: Sequence[pb.Message], max_tokens: int
    ) -> None:
        self._call = stub.Generate(
            pb.GenerateRequest(messages=messages, sampling=pb.Sampling(max_tokens=max_tokens))
        )

    async def responses(self) -> AsyncIterator[pb.GenerateResponse]:
        """Yield responses until the Finish; raise an `AntiphonError` if the service fails."""
        try:
            async for response in self._call:
                yield response
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error, SERVICE) from None

    def cancel(self) -> None:
        """Stop generation; nothing happens where it has ended."""
        self._call.cancel()
