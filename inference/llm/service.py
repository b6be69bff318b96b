"""`antiphon.v1.Generator` over an engine."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import grpc

from antiphon.guest import is_guest
from antiphon.observability.serving import Served
from antiphon.observability.spans import Spans
from antiphon.v1 import common_pb2, generator_pb2_grpc
from antiphon.v1 import generator_pb2 as pb
from inference.llm import wire
from inference.llm.engine import Engine, Finish
from inference.llm.watch import UNWATCHED, Watch

NAME = "antiphon.v1.Generator"


class Generator(generator_pb2_grpc.GeneratorServicer):
    """The servicer; holds nothing but the engine and what it tells of the model."""

    def __init__(
        self,
        engine: Engine,
        info: common_pb2.ServiceInfo,
        watch: Watch = UNWATCHED,
        spans: Spans | None = None,
    ) -> None:
        self._engine = engine
        self._info = info
        self._watch = watch
        self._spans = spans

    async def Generate(
        self, request: pb.GenerateRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> AsyncGenerator[pb.GenerateResponse, None]:
        """Answer; see the contract for the order of events."""
        watch = self._watch.asked()
        asked = wire.read_request(request, guest=is_guest(context.invocation_metadata()))
        served = Served(self._spans, "llm.generate", context.invocation_metadata())
        finish: Finish | None = None
        try:
            async with aclosing(self._engine.generate(asked)) as events:
                async for event in events:
                    watch.output(event)
                    if isinstance(event, Finish):
                        finish = event
                        context.set_trailing_metadata(event.timing.trailers())
                    yield wire.write_event(event)
        finally:
            _end(served, finish)

    async def Warm(
        self, request: pb.WarmRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> pb.WarmResponse:
        """Compute a prefix that is about to be shared."""
        cached = await self._engine.warm(
            wire.read_messages(request.messages),
            wire.read_tools(request.tools),
            guest=is_guest(context.invocation_metadata()),
        )
        return pb.WarmResponse(cached_tokens=cached)

    async def GetInfo(
        self, request: common_pb2.GetInfoRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> common_pb2.ServiceInfo:
        """Tell what runs here."""
        return self._info


def _end(served: Served, finish: Finish | None) -> None:
    if finish is None:  # cancelled, or failed
        served.end(None, **{"antiphon.complete": False})
        return
    usage = {
        "antiphon.complete": True,
        "antiphon.prompt_tokens": finish.usage.prompt_tokens,
        "antiphon.cached_tokens": finish.usage.cached_tokens,
        "antiphon.completion_tokens": finish.usage.completion_tokens,
    }
    served.end(finish.timing, **usage)
