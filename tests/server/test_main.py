"""The gateway process, from its settings to its end."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import socket
import ssl
import stat
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from websockets.asyncio.client import ClientConnection, unix_connect

from antiphon.channel import connect
from antiphon.errors import Misconfigured, NotPermitted, Unavailable
from antiphon.serving import LIVE, READY, run
from antiphon.status import from_rpc_error
from antiphon.v1 import conversation_pb2 as pb
from antiphon.v1.common_pb2 import GetInfoRequest
from antiphon.v1.conversation_pb2_grpc import ConversationStub
from server import __main__ as module
from server.__main__ import main
from server.access import installation_key as keys
from server.access.certificate import Certificate


@pytest.fixture
def address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Settings that put everything into a folder of the test's own; the gateway's address."""
    (tmp_path / "antiphon.toml").write_text("")
    address = f"unix:{tmp_path}/s"
    monkeypatch.setenv("ANTIPHON_CONFIG", str(tmp_path / "antiphon.toml"))
    monkeypatch.setenv("ANTIPHON_SERVER__ADDRESS", address)
    monkeypatch.setenv("ANTIPHON_SERVER__HTTP", f"unix:{tmp_path}/http")
    monkeypatch.setenv("ANTIPHON_SERVER__KEY_FILE", str(tmp_path / "state" / "key"))
    monkeypatch.setenv("ANTIPHON_SERVER__TLS_DIR", str(tmp_path / "tls"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    for service in ("ASR", "LLM", "TTS"):
        monkeypatch.setenv(f"ANTIPHON_SERVER__{service}", f"unix:{tmp_path}/none")
    return address


async def _ends(call: grpc.aio.StreamStreamCall[pb.ConverseRequest, pb.ConverseResponse]) -> None:
    async for _ in call:
        pass


def test_no_more_calls_are_held_than_its_places_need(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTIPHON_SERVER__MAX_SESSIONS", "1")
    monkeypatch.setenv("ANTIPHON_SERVER__MAX_GUESTS", "2")
    monkeypatch.setattr(module, "OTHER_CALLS", 2)
    most = (1 + 3 * 2) * module.CALLS_PER_PLACE + 2

    async def visit() -> None:
        async with connect(address) as channel:
            await ConversationStub(channel).GetInfo(GetInfoRequest(), wait_for_ready=True)
            health: Any = health_pb2_grpc.HealthStub(channel)
            calls = [health.Watch(health_pb2.HealthCheckRequest()) for _ in range(most)]
            for call in calls:
                await call.read()
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await ConversationStub(channel).GetInfo(GetInfoRequest())
            assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
            for call in calls:
                call.cancel()

    serve(visit)


def test_it_serves_whoever_has_its_key_until_it_is_told_to_stop(
    address: str, tmp_path: Path
) -> None:
    async def visit() -> None:
        async with connect(address) as channel:
            stub = ConversationStub(channel)
            info = await stub.GetInfo(GetInfoRequest(), wait_for_ready=True)
            assert info.engine == "antiphon"
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await _ends(stub.Converse())
            assert isinstance(from_rpc_error(refused.value, "x"), NotPermitted)
            call = stub.Converse(metadata=keys.bearer(keys.load(tmp_path / "state" / "key")))
            # There are no engines: whoever is there is kept, and health says that it is not ready.
            await call.write(pb.ConverseRequest(audio=bytes(960)))
            health: Any = health_pb2_grpc.HealthStub(channel)
            lives = await health.Check(health_pb2.HealthCheckRequest(service=LIVE))
            assert lives.status == health_pb2.HealthCheckResponse.SERVING
            async for told in health.Watch(health_pb2.HealthCheckRequest(service=READY)):
                if told.status == health_pb2.HealthCheckResponse.NOT_SERVING:
                    break
            await call.done_writing()
            call.cancel()

    serve(visit)
    assert stat.S_IMODE((tmp_path / "state" / "key").stat().st_mode) == 0o600
    assert not (tmp_path / "tls").exists()


def serve(visit: Callable[[], Awaitable[None]], lines: Sequence[ClientConnection] = ()) -> None:
    """Visit the gateway, and stop it as the supervisor would; `lines` are read to their end."""

    async def story() -> None:
        async with asyncio.timeout(60), asyncio.TaskGroup() as group:
            group.create_task(main())
            await visit()
            os.kill(os.getpid(), signal.SIGTERM)
            for line in lines:
                await line.wait_closed()

    asyncio.run(story())


def test_its_callers_have_the_time_to_end_that_the_settings_give_them(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTIPHON_SERVER__DRAIN_S", "60")
    told: list[int] = []

    async def visit() -> None:
        async with connect(address) as channel:
            stub = ConversationStub(channel)
            await stub.GetInfo(GetInfoRequest(), wait_for_ready=True)
            key = keys.bearer(keys.load(tmp_path / "state" / "key"))
            call = stub.Converse(metadata=key)
            await call.read()
            os.kill(os.getpid(), signal.SIGTERM)
            transport = httpx.AsyncHTTPTransport(uds=f"{tmp_path}/http")
            async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
                answer = await client.get("/readyz")
                while answer.json()["status"] != "draining":
                    await asyncio.sleep(0.01)
                    answer = await client.get("/readyz")
            told.append(answer.status_code)
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await stub.Converse(metadata=key).read()
            problem = from_rpc_error(refused.value, "x")
            assert (type(problem), problem.reason) == (Unavailable, "STOPPING")
            await call.done_writing()
            while await call.read() is not grpc.aio.EOF:
                pass

    async def story() -> None:
        async with asyncio.timeout(30), asyncio.TaskGroup() as group:
            group.create_task(main())
            await visit()

    asyncio.run(story())
    assert told == [503]


def test_it_serves_http_beside_grpc_and_both_end_together(address: str, tmp_path: Path) -> None:
    async def visit() -> None:
        async with connect(address) as channel:
            await ConversationStub(channel).GetInfo(GetInfoRequest(), wait_for_ready=True)
        transport = httpx.AsyncHTTPTransport(uds=f"{tmp_path}/http")
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            assert (await client.get("/livez")).json() == {"status": "ok"}
            assert (await client.get("/readyz")).json()["missing"] == ["asr", "llm", "tts"]
            key = {"Authorization": f"Bearer {keys.load(tmp_path / 'state' / 'key')}"}
            secret = await client.post("/v1/realtime/client_secrets", headers=key)
            assert secret.json()["value"].startswith("ek_")
            offer = {"content-type": "application/sdp"} | key
            refused = await client.post("/v1/realtime/calls", content="v=0", headers=offer)
            assert refused.json()["error"]["param"] == "sdp"
        line = await unix_connect(f"{tmp_path}/http", "ws://x/v1/realtime", additional_headers=key)
        assert json.loads(await line.recv())["type"] == "session.created"
        lines.append(line)

    lines: list[ClientConnection] = []
    serve(visit, lines)
    assert lines[0].close_code == 4503
    assert (lines[0].close_reason or "").startswith("stopping: ")
    assert not (tmp_path / "http").exists()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def test_beyond_loopback_both_are_served_over_tls_and_this_host_without(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    grpc_port, http_port = _free_port(), _free_port()
    monkeypatch.setenv("ANTIPHON_SERVER__ADDRESS", f"0.0.0.0:{grpc_port}")
    monkeypatch.setenv("ANTIPHON_SERVER__HTTP", f"0.0.0.0:{http_port}")
    (tmp_path / "antiphon").mkdir()
    certificate = tmp_path / "tls" / "self-signed.pem"

    async def visit() -> None:
        async with connect(f"unix:{tmp_path}/antiphon/server.sock") as channel:
            await ConversationStub(channel).GetInfo(GetInfoRequest(), wait_for_ready=True)
        trusted = grpc.ssl_channel_credentials(certificate.read_bytes())
        async with grpc.aio.secure_channel(f"localhost:{grpc_port}", trusted) as channel:
            await ConversationStub(channel).GetInfo(GetInfoRequest(), wait_for_ready=True)
        trusting = ssl.create_default_context(cafile=certificate)
        trusting.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        async with httpx.AsyncClient(verify=trusting) as client:
            answer = await client.get(f"https://127.0.0.1:{http_port}/livez")
            assert answer.status_code == 200

    with caplog.at_level(logging.INFO):
        serve(visit)
    assert Certificate(certificate, certificate).fingerprint in caplog.text


def test_an_http_port_in_use_stops_the_start(
    address: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setenv("ANTIPHON_SERVER__HTTP", f"127.0.0.1:{port}")
        assert run(main()) == 2
    assert f"cannot listen at [server] http = 127.0.0.1:{port}" in caplog.text


def test_a_bad_setting_stops_the_start(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTIPHON_AGENT__MAX_REPLY_TOKENS", "none")
    with pytest.raises(Misconfigured, match=r"agent\.max_reply_tokens"):
        asyncio.run(main())
    assert not Path(address.removeprefix("unix:")).exists()
