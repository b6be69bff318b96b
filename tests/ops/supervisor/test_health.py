from __future__ import annotations

import asyncio
from pathlib import Path

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from ops.supervisor.health import is_serving, until_serving

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING
PATIENCE_S = 30.0


async def serving(address: str, status: int) -> tuple[grpc.aio.Server, health.aio.HealthServicer]:
    server = grpc.aio.server()
    server.add_insecure_port(address)
    checks = health.aio.HealthServicer()
    await checks.set("", status)
    health_pb2_grpc.add_HealthServicer_to_server(checks, server)
    await server.start()
    return server, checks


def test_only_a_service_that_says_so_serves(tmp_path: Path) -> None:
    async def run() -> None:
        address = f"unix:{tmp_path}/asr.sock"
        assert not await is_serving(address)
        server, checks = await serving(address, NOT_SERVING)
        assert not await is_serving(address)
        await checks.set("", SERVING)
        assert await is_serving(address)
        await server.stop(None)

    asyncio.run(run())


def test_it_is_waited_for_until_it_says_so(tmp_path: Path) -> None:
    async def run() -> None:
        address = f"unix:{tmp_path}/asr.sock"
        async with asyncio.timeout(PATIENCE_S), asyncio.TaskGroup() as group:
            waiting = group.create_task(until_serving(address))
            server, checks = await serving(address, NOT_SERVING)
            while not await is_serving(address):
                assert not waiting.done()
                await checks.set("", SERVING)
        await server.stop(None)

    asyncio.run(run())
