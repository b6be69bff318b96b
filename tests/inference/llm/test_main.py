"""The process: what it loads, how it starts, and how it ends."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import grpc
import pytest

from antiphon.channel import connect
from antiphon.diligence import HUNG, Diligence
from antiphon.v1 import common_pb2
from antiphon.v1 import generator_pb2 as pb
from antiphon.v1.generator_pb2_grpc import GeneratorStub
from inference.llm import __main__ as process
from inference.llm import loading, vllm_process
from inference.llm.settings import LlmSettings
from inference.llm.simulated_engine import SimulatedEngine

# One that blocks its own loop, in a process for which 5 s take a half.
HANGS = """
import sys, time
from antiphon import diligence
from inference.llm import __main__ as process
from inference.llm.simulated_engine import SimulatedEngine
diligence.TICK_S = 0.1
SimulatedEngine.generate = lambda *_: time.sleep(60)
sys.exit(process.main())
"""


@pytest.fixture
def address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Settings for a simulated engine; returns where it listens."""
    monkeypatch.setenv("ANTIPHON_CONFIG", "")
    monkeypatch.chdir(tmp_path)
    address = f"unix:{tmp_path}/llm.sock"
    monkeypatch.setenv("ANTIPHON_LLM__ADDRESS", address)
    monkeypatch.setenv("ANTIPHON_LLM__ENGINE", "simulated")
    return address


async def _info(address: str) -> common_pb2.ServiceInfo:
    async with connect(address) as channel:
        found: common_pb2.ServiceInfo = await GeneratorStub(channel).GetInfo(
            common_pb2.GetInfoRequest(), wait_for_ready=True, timeout=10
        )
    return found


def test_it_serves_until_it_is_told_to_stop(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[bool] = []

    async def close(_: SimulatedEngine) -> None:
        closed.append(True)

    async def main() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(process.Service().serve())
            assert (await _info(address)).engine == "simulated"
            assert not closed
            os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(SimulatedEngine, "close", close)
    asyncio.run(main())
    assert closed == [True]


def test_a_lost_engine_ends_the_process_with_status_1(
    address: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    prepared: list[int] = []

    async def load_engine(
        settings: LlmSettings, models: Any, on_death: Any, kept: Diligence
    ) -> Any:
        asyncio.get_running_loop().call_later(0.05, on_death)
        return await process_load(
            settings.model_copy(update={"engine": "simulated"}), models, on_death, kept
        )

    process_load = loading.load_engine
    monkeypatch.setattr(process, "load_engine", load_engine)
    monkeypatch.setattr(vllm_process, "prepare", prepared.append)
    monkeypatch.setenv("ANTIPHON_LLM__ENGINE", "vllm")
    assert process.main() == 1
    assert prepared == [1]
    assert "ended by itself" in caplog.text


def test_an_engine_that_hangs_ends_the_process(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTIPHON_ENGINES__HUNG_S", "5")

    async def ask() -> None:
        async with connect(address) as channel:
            stub = GeneratorStub(channel)
            await stub.GetInfo(common_pb2.GetInfoRequest(), wait_for_ready=True, timeout=20)
            hello = pb.Message(role=pb.ROLE_USER, content="hello")
            with pytest.raises(grpc.aio.AioRpcError):
                await anext(aiter(stub.Generate(pb.GenerateRequest(messages=[hello]), timeout=20)))

    with subprocess.Popen([sys.executable, "-c", HANGS], stderr=subprocess.PIPE) as engine:
        try:
            asyncio.run(ask())
            _, said = engine.communicate(timeout=20)
        finally:
            engine.kill()
    assert engine.returncode == HUNG
    assert b"is taken for hung" in said


def test_a_bad_setting_ends_it_with_status_2(
    address: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("ANTIPHON_LLM__ENGINE", "abacus")
    assert process.main() == 2
    assert "abacus" in caplog.text
