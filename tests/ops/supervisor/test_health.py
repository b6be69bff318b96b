from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health as grpc_health
from grpc_health.v1 import health_pb2, health_pb2_grpc

from antiphon.serving import LIVE, READY
from ops.supervisor import health
from ops.supervisor.health import answers, is_serving, until_serving

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING
PATIENCE_S = 30.0


async def serving(
    address: str, status: int
) -> tuple[grpc.aio.Server, grpc_health.aio.HealthServicer]:
    server = grpc.aio.server()
    server.add_insecure_port(address)
    checks = grpc_health.aio.HealthServicer()
    for name in (READY, LIVE):
        await checks.set(name, status)
    health_pb2_grpc.add_HealthServicer_to_server(checks, server)
    await server.start()
    return server, checks


def test_only_a_service_that_says_so_serves(tmp_path: Path) -> None:
    async def run() -> None:
        # An address of its own: gRPC would wait a moment before it tries that one again.
        assert not await is_serving(f"unix:{tmp_path}/nobody.sock")
        address = f"unix:{tmp_path}/asr.sock"
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
                await checks.set(READY, SERVING)
                await checks.set(LIVE, SERVING)
        await server.stop(None)

    asyncio.run(run())


def test_one_that_is_not_ready_lives_all_the_same(tmp_path: Path) -> None:
    async def run() -> None:
        address = f"unix:{tmp_path}/server.sock"
        server, checks = await serving(address, SERVING)
        await checks.set(READY, NOT_SERVING)
        async with asyncio.timeout(PATIENCE_S):
            await until_serving(address)
        assert await answers(address)
        assert not await is_serving(address)
        await server.stop(None)

    asyncio.run(run())


def test_one_that_stalls_answers_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "ANSWER_S", 0.1)
    path = tmp_path / "asr.sock"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()
        assert not asyncio.run(answers(f"unix:{path}"))
