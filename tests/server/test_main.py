"""The gateway process, from its settings to its end."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
from pathlib import Path

import grpc
import pytest

from antiphon.channel import connect
from antiphon.errors import Misconfigured, NotPermitted, Unavailable
from antiphon.status import from_rpc_error
from antiphon.v1 import conversation_pb2 as pb
from antiphon.v1.common_pb2 import GetInfoRequest
from antiphon.v1.conversation_pb2_grpc import ConversationStub
from server import keys
from server.__main__ import main


@pytest.fixture
def address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Settings that put everything into a folder of the test's own; the gateway's address."""
    (tmp_path / "antiphon.toml").write_text("")
    address = f"unix:{tmp_path}/s"
    monkeypatch.setenv("ANTIPHON_CONFIG", str(tmp_path / "antiphon.toml"))
    monkeypatch.setenv("ANTIPHON_SERVER__ADDRESS", address)
    monkeypatch.setenv("ANTIPHON_SERVER__KEY_FILE", str(tmp_path / "state" / "key"))
    for service in ("ASR", "LLM", "TTS"):
        monkeypatch.setenv(f"ANTIPHON_SERVER__{service}", f"unix:{tmp_path}/none")
    return address


async def _ends(call: grpc.aio.StreamStreamCall[pb.ConverseRequest, pb.ConverseResponse]) -> None:
    async for _ in call:
        pass


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
            await call.write(pb.ConverseRequest(audio=bytes(960)))
            with pytest.raises(grpc.aio.AioRpcError) as failed:
                await _ends(call)
            problem = from_rpc_error(failed.value, "x")
            assert isinstance(problem, Unavailable)
            assert "speech recognition service is not reachable" in problem.message

    async def story() -> None:
        async with asyncio.timeout(20), asyncio.TaskGroup() as group:
            group.create_task(main())
            await visit()
            os.kill(os.getpid(), signal.SIGTERM)

    asyncio.run(story())
    assert stat.S_IMODE((tmp_path / "state" / "key").stat().st_mode) == 0o600


def test_a_bad_setting_stops_the_start(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTIPHON_AGENT__MAX_REPLY_TOKENS", "none")
    with pytest.raises(Misconfigured, match=r"agent\.max_reply_tokens"):
        asyncio.run(main())
    assert not Path(address.removeprefix("unix:")).exists()
