"""A real server on a Unix socket: errors, health, reflection, shutdown."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from antiphon import serving as module
from antiphon.channel import connect
from antiphon.errors import AntiphonError, InvalidInput, Misconfigured, NotFound, Unavailable
from antiphon.in_flight import PARTING_S
from antiphon.serving import PING_MS, PONG_MS, SERVER_OPTIONS, Secured, run, serve
from antiphon.status import from_rpc_error
from antiphon.v1 import conversation_pb2 as pb
from antiphon.v1.common_pb2 import GetInfoRequest, ServiceInfo
from antiphon.v1.conversation_pb2_grpc import (
    ConversationServicer,
    ConversationStub,
    add_ConversationServicer_to_server,
)

NAME = "antiphon.v1.Conversation"
Context = grpc.aio.ServicerContext[Any, Any]


class Demo(ConversationServicer):
    """Echoes, until an event tells it otherwise."""

    def __init__(self) -> None:
        self.closed = asyncio.Event()

    async def GetInfo(self, request: GetInfoRequest, context: Context) -> ServiceInfo:
        raise NotFound("no such thing", name="thing")

    async def Converse(
        self, requests: AsyncIterator[pb.ConverseRequest], context: Context
    ) -> AsyncGenerator[pb.ConverseResponse, None]:
        try:
            async for request in requests:
                match request.event:
                    case "group":
                        raise ExceptionGroup("", [InvalidInput("bad event", param="type")])
                    case "bug":
                        raise ZeroDivisionError("tangerine")
                    case "abort":
                        await context.abort(grpc.StatusCode.DATA_LOSS, "lost")
                yield pb.ConverseResponse(event=request.event)
        finally:
            self.closed.set()


Test = Callable[[str, Demo], Awaitable[None]]


def serving(tmp_path: Path, test: Test) -> None:
    """Run `test` against a server that is then stopped as the supervisor would."""
    address = f"unix:{tmp_path}/s"
    demo: list[Demo] = []

    async def register(server: grpc.aio.Server) -> list[str]:
        demo.append(Demo())
        add_ConversationServicer_to_server(demo[0], server)
        return [NAME]

    async def main() -> None:
        async with asyncio.timeout(20), asyncio.TaskGroup() as group:
            group.create_task(serve(address, register, grace_s=0.1))
            await _ready(address)
            await test(address, demo[0])
            os.kill(os.getpid(), signal.SIGTERM)

    asyncio.run(main())


async def _ready(address: str) -> None:
    async with connect(address) as channel:
        stub: Any = health_pb2_grpc.HealthStub(channel)
        reply = await stub.Check(health_pb2.HealthCheckRequest(service=NAME), wait_for_ready=True)
        assert reply.status == health_pb2.HealthCheckResponse.SERVING


async def _problem(address: str, event: str) -> AntiphonError:
    async with connect(address) as channel:
        call = ConversationStub(channel).Converse()
        await call.write(pb.ConverseRequest(event=event))
        with pytest.raises(grpc.aio.AioRpcError) as failed:
            await call.read()
        return from_rpc_error(failed.value, "demo")


def test_errors_arrive_as_they_left(tmp_path: Path) -> None:
    async def test(address: str, _: Demo) -> None:
        problem = await _problem(address, "group")
        assert isinstance(problem, InvalidInput)
        assert (problem.message, problem.metadata) == ("bad event", {"param": "type"})

    serving(tmp_path, test)


def test_unary_errors_arrive_too(tmp_path: Path) -> None:
    async def test(address: str, _: Demo) -> None:
        async with connect(address) as channel:
            with pytest.raises(grpc.aio.AioRpcError) as failed:
                await ConversationStub(channel).GetInfo(GetInfoRequest())
        problem = from_rpc_error(failed.value, "demo")
        assert isinstance(problem, NotFound)
        assert problem.reason == "NOT_FOUND"

    serving(tmp_path, test)


@pytest.mark.parametrize("method", ["GetInfo", "Converse"])
def test_what_is_no_message_is_bad_input(tmp_path: Path, method: str) -> None:
    async def test(address: str, _: Demo) -> None:
        async with connect(address) as channel:
            with pytest.raises(grpc.aio.AioRpcError) as failed:
                await _raw(channel, f"/{NAME}/{method}", stream=method == "Converse")
        problem = from_rpc_error(failed.value, "demo")
        assert isinstance(problem, InvalidInput)
        assert problem.reason == "MALFORMED_MESSAGE"

    serving(tmp_path, test)


async def _raw(channel: grpc.aio.Channel, path: str, *, stream: bool) -> None:
    """Send what is no message, in a stream twice, after one that is."""
    method: Any = channel.stream_stream(path) if stream else channel.unary_unary(path)
    if not stream:
        await method(b"\xff")
        return
    async for _ in method(iter([b"", b"\xff", b"\xff"])):
        pass


def test_a_bug_is_internal_and_tells_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def test(address: str, _: Demo) -> None:
        problem = await _problem(address, "bug")
        assert type(problem) is AntiphonError
        assert "ZeroDivisionError" in problem.message
        assert "tangerine" not in problem.message + caplog.text

    serving(tmp_path, test)


def test_an_abort_passes(tmp_path: Path) -> None:
    async def test(address: str, _: Demo) -> None:
        assert "lost" in (await _problem(address, "abort")).message

    serving(tmp_path, test)


def test_cancelling_closes_the_servicers_stream(tmp_path: Path) -> None:
    async def test(address: str, demo: Demo) -> None:
        async with connect(address) as channel:
            call = ConversationStub(channel).Converse()
            await call.write(pb.ConverseRequest(event="hello"))
            assert (await call.read()).event == "hello"
            call.cancel()
            await demo.closed.wait()

    serving(tmp_path, test)


def test_while_it_serves_its_garbage_is_its_calls_only(tmp_path: Path) -> None:
    async def test(*_: object) -> None:
        assert gc.get_freeze_count() > 1000

    serving(tmp_path, test)
    assert gc.get_freeze_count() == 0


def test_reflection_lists_the_service(tmp_path: Path) -> None:
    async def test(address: str, _: Demo) -> None:
        async with connect(address) as channel:
            stub_of: Any = reflection_pb2_grpc.ServerReflectionStub
            stub = stub_of(channel)
            call = stub.ServerReflectionInfo()
            await call.write(reflection_pb2.ServerReflectionRequest(list_services=""))
            reply = await call.read()
            assert NAME in [service.name for service in reply.list_services_response.service]
            call.cancel()

    serving(tmp_path, test)


def test_a_server_that_is_gone_is_unavailable(tmp_path: Path) -> None:
    async def main() -> None:
        async with connect(f"unix:{tmp_path}/none") as channel:
            with pytest.raises(grpc.aio.AioRpcError) as failed:
                await ConversationStub(channel).GetInfo(GetInfoRequest())
        problem = from_rpc_error(failed.value, "demo")
        assert isinstance(problem, Unavailable)
        assert "demo service" in problem.message

    asyncio.run(main())


def test_a_port_in_use_is_told_before_anything_loads() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"

        async def register(_: grpc.aio.Server) -> list[str]:
            raise AssertionError("loaded")

        with pytest.raises(Misconfigured, match=address):
            asyncio.run(serve(address, register))


def test_told_to_stop_it_says_so_and_waits_for_what_it_has_begun(tmp_path: Path) -> None:
    address = f"unix:{tmp_path}/s"

    async def register(server: grpc.aio.Server) -> list[str]:
        add_ConversationServicer_to_server(Demo(), server)
        return [NAME]

    async def visit(channel: grpc.aio.Channel, call: Any) -> None:
        await call.write(pb.ConverseRequest(event="hello"))
        await call.read()
        os.kill(os.getpid(), signal.SIGTERM)
        health: Any = health_pb2_grpc.HealthStub(channel)
        asked = health_pb2.HealthCheckRequest(service=NAME)
        watching = health.Watch(asked)
        while (await watching.read()).status != health_pb2.HealthCheckResponse.NOT_SERVING:
            pass
        watching.cancel()
        assert (await health.Check(asked)).status == health_pb2.HealthCheckResponse.NOT_SERVING
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await ConversationStub(channel).GetInfo(GetInfoRequest())
        problem = from_rpc_error(refused.value, "demo")
        assert (type(problem), problem.reason) == (Unavailable, "STOPPING")
        await call.write(pb.ConverseRequest(event="still there?"))
        assert (await call.read()).event == "still there?"
        await call.done_writing()

    async def main() -> None:
        async with asyncio.timeout(20), asyncio.TaskGroup() as group:
            serving = group.create_task(serve(address, register, grace_s=3600))
            await _ready(address)
            async with connect(address) as channel:
                await visit(channel, ConversationStub(channel).Converse())
                await serving

    asyncio.run(main())


STUBBORN = """
import asyncio, sys
from antiphon.serving import serve

async def register(server):
    return []

async def beside(stop):
    print("begun", flush=True)
    await stop.wait()
    print("stopping", flush=True)
    await asyncio.sleep(3600)

asyncio.run(serve(sys.argv[1], register, beside=[beside]))
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_ends_it_at_once(tmp_path: Path, number: signal.Signals) -> None:
    command = [sys.executable, "-c", STUBBORN, f"unix:{tmp_path}/s"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"begun\n"
        process.send_signal(number)
        assert process.stdout.readline() == b"stopping\n"
        process.send_signal(number)
        assert process.wait(20) == -number


FROZEN = """
import asyncio, os, signal, sys
from antiphon.channel import connect
from antiphon.v1 import conversation_pb2 as pb
from antiphon.v1.conversation_pb2_grpc import ConversationStub

async def main():
    async with connect(sys.argv[1]) as channel:
        call = ConversationStub(channel).Converse()
        await call.write(pb.ConverseRequest(event="hello"))
        await call.read()
        os.kill(os.getpid(), signal.SIGSTOP)

asyncio.run(main())
"""


def test_a_client_that_is_out_of_reach_is_let_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = [
        (name, value // 10) if value in (PING_MS, PONG_MS) else (name, value)
        for name, value in SERVER_OPTIONS
    ]
    monkeypatch.setattr(module, "SERVER_OPTIONS", quick)

    async def test(address: str, demo: Demo) -> None:
        client = await asyncio.create_subprocess_exec(sys.executable, "-c", FROZEN, address)
        try:
            await demo.closed.wait()
            assert client.returncode is None
        finally:
            client.kill()
            await client.wait()

    serving(tmp_path, test)


def test_over_its_bound_calls_are_refused(tmp_path: Path) -> None:
    address = f"unix:{tmp_path}/s"

    async def register(server: grpc.aio.Server) -> list[str]:
        add_ConversationServicer_to_server(Demo(), server)
        return [NAME]

    async def visit(channel: grpc.aio.Channel) -> None:
        stub = ConversationStub(channel)
        call = stub.Converse(wait_for_ready=True)
        await call.write(pb.ConverseRequest(event="hello"))
        await call.read()
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await stub.Converse().read()
        assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        await call.done_writing()
        assert await call.read() is grpc.aio.EOF

    async def main() -> None:
        async with asyncio.timeout(20), asyncio.TaskGroup() as group:
            group.create_task(serve(address, register, grace_s=0, most_calls=1))
            async with connect(address) as channel:
                await visit(channel)
                os.kill(os.getpid(), signal.SIGTERM)

    asyncio.run(main())


def test_what_is_served_beside_starts_and_drains_with_it(tmp_path: Path) -> None:
    address = f"unix:{tmp_path}/s"
    steps: list[str] = []

    async def register(server: grpc.aio.Server) -> list[str]:
        steps.append("registered")
        return []

    async def beside(stop: asyncio.Event) -> None:
        steps.append("begun")
        os.kill(os.getpid(), signal.SIGTERM)
        await stop.wait()
        await asyncio.sleep(0.05)
        steps.append("drained")

    asyncio.run(serve(address, register, grace_s=0, beside=[beside]))
    assert steps == ["registered", "begun", "drained"]


def test_while_what_is_beside_drains_health_is_told_and_who_may_come_back_has_the_grace(
    tmp_path: Path,
) -> None:
    address = f"unix:{tmp_path}/s"
    told, stopping = asyncio.Event(), asyncio.Event()

    async def register(server: grpc.aio.Server) -> list[str]:
        add_ConversationServicer_to_server(Demo(), server)
        return [NAME]

    async def beside(stop: asyncio.Event) -> None:
        await stop.wait()
        stopping.set()
        await told.wait()

    async def visit(channel: grpc.aio.Channel) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        await stopping.wait()
        await asyncio.sleep(2 * PARTING_S)
        health: Any = health_pb2_grpc.HealthStub(channel)
        answer = await health.Check(health_pb2.HealthCheckRequest(service=NAME))
        assert answer.status == health_pb2.HealthCheckResponse.NOT_SERVING
        call = ConversationStub(channel).Converse()
        await call.write(pb.ConverseRequest(event="back"))
        assert (await call.read()).event == "back"
        told.set()
        await asyncio.sleep(2 * PARTING_S)
        await call.write(pb.ConverseRequest(event="still there?"))
        assert (await call.read()).event == "still there?"
        await call.done_writing()

    async def main() -> None:
        async with asyncio.timeout(20), asyncio.TaskGroup() as group:
            serving = serve(address, register, grace_s=3600, admitting=[NAME], beside=[beside])
            group.create_task(serving)
            await _ready(address)
            async with connect(address) as channel:
                await visit(channel)

    asyncio.run(main())


def test_what_fails_beside_it_ends_it(tmp_path: Path) -> None:
    async def register(server: grpc.aio.Server) -> list[str]:
        return []

    async def fail(stop: asyncio.Event) -> None:
        raise ZeroDivisionError

    with pytest.raises(ExceptionGroup) as ended:
        asyncio.run(serve(f"unix:{tmp_path}/s", register, grace_s=0, beside=[fail]))
    assert isinstance(ended.value.exceptions[0], ZeroDivisionError)


def test_a_second_address_that_is_taken_is_told(tmp_path: Path) -> None:
    async def register(_: grpc.aio.Server) -> list[str]:
        raise AssertionError("loaded")

    async def main() -> None:
        credentials = grpc.ssl_server_credentials([(b"key", b"certificate")])
        with socket.create_server(("127.0.0.1", 0)) as taken:
            address = f"127.0.0.1:{taken.getsockname()[1]}"
            with pytest.raises(Misconfigured, match=address):
                await serve(f"unix:{tmp_path}/s", register, secured=Secured(address, credentials))

    asyncio.run(main())


def test_run_turns_a_bad_start_into_one_line(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        raise Misconfigured("setting x is wrong")

    assert run(main()) == 2
    assert "setting x is wrong" in caplog.text


def test_run_finds_the_cause_in_a_group(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        async with asyncio.TaskGroup(), asyncio.TaskGroup():
            raise Misconfigured("setting x is wrong")

    assert run(main()) == 2
    assert "setting x is wrong" in caplog.text


def test_run_returns_0() -> None:
    async def main() -> None: ...

    assert run(main()) == 0
