"""Whether a service answers (gRPC Health Checking Protocol), and what it says that it runs."""

from __future__ import annotations

import asyncio
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from antiphon.channel import CHANNEL_OPTIONS
from antiphon.serving import LIVE, READY

# Between two looks at a service that starts: unseen by a person, and next to no work.
POLL_S = 0.1
# A service that listens but still loads accepts no connection; then ask again.
ANSWER_S = 1.0
POLL_OPTIONS = (
    *(option for option in CHANNEL_OPTIONS if "backoff" not in option[0]),
    ("grpc.initial_reconnect_backoff_ms", int(POLL_S * 1000)),
    ("grpc.max_reconnect_backoff_ms", int(POLL_S * 1000)),
)


async def until_serving(address: str) -> None:
    """Return as soon as the service at `address` answers that it lives; bound it from outside.

    The gateway is not ready before the engines are, which is no reason to wait for it or to start it again.
    """
    async with grpc.aio.insecure_channel(address, options=POLL_OPTIONS) as channel:
        # Another process's state has no event.
        while not await _serves(channel, LIVE, wait_for_ready=True):  # noqa: ASYNC110
            await asyncio.sleep(POLL_S)


async def is_serving(address: str) -> bool:
    """Return whether the service at `address` answers that it is ready, within a second."""
    async with grpc.aio.insecure_channel(address, options=POLL_OPTIONS) as channel:
        return await _serves(channel, READY, wait_for_ready=False)


async def answers(address: str) -> bool:
    """Return whether the service at `address` answers that it lives, within a second."""
    async with grpc.aio.insecure_channel(address, options=POLL_OPTIONS) as channel:
        return await _serves(channel, LIVE, wait_for_ready=True)


async def _serves(channel: grpc.aio.Channel, service: str, *, wait_for_ready: bool) -> bool:
    stub: Any = health_pb2_grpc.HealthStub(channel)
    request = health_pb2.HealthCheckRequest(service=service)
    try:
        answer = await stub.Check(request, timeout=ANSWER_S, wait_for_ready=wait_for_ready)
    except grpc.aio.AioRpcError:
        return False
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)
