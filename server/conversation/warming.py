"""While the caller still speaks, the language model reads what the answer's prompt will begin with."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

import grpc

from antiphon.v1.generator_pb2 import Message, WarmRequest
from server.engines.generator import as_tools
from server.engines.services import Services
from server.realtime.tools import NO_TOOLS, Tools

log = logging.getLogger(__name__)

# Longer than a busy CPU reads the longest prompt; what comes later serves nobody.
WARM_S = 10.0


class Warming:
    """One hint at a time, as a task of the session's group; one that fails costs nothing but the hint."""

    def __init__(self, services: Services, tasks: asyncio.TaskGroup) -> None:
        self._services = services
        self._tasks = tasks
        self._task: asyncio.Task[None] | None = None

    def begin(self, messages: Sequence[Message], tools: Tools = NO_TOOLS) -> None:
        """Have `tools` and `messages` read, unless the model is still reading."""
        if self._task is None or self._task.done():
            request = WarmRequest(messages=messages, tools=as_tools(tools))
            self._task = self._tasks.create_task(self._warm(request))

    def drop(self) -> None:
        """Let it be."""
        if self._task is not None:
            self._task.cancel()

    async def _warm(self, request: WarmRequest) -> None:
        try:
            async with asyncio.timeout(WARM_S):
                await self._services.generator.Warm(request)
        except (grpc.aio.AioRpcError, TimeoutError) as error:
            log.info("the language model was not warmed: %s", type(error).__name__)
