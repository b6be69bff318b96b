"""The process, in this one: it is stopped as the supervisor stops it."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest

from antiphon.channel import connect
from antiphon.diligence import Diligence
from antiphon.v1 import common_pb2
from antiphon.v1.recognizer_pb2_grpc import RecognizerStub
from inference.asr.__main__ import NAME, main
from tests.weights import weights


@pytest.mark.model
def test_serves_until_told_to_stop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    weights("silero-vad")
    address = f"unix:{tmp_path}/asr.sock"
    monkeypatch.setenv("ANTIPHON_ASR__ADDRESS", address)
    monkeypatch.setenv("ANTIPHON_ASR__ENGINE", "simulated")
    monkeypatch.setenv("ANTIPHON_ASR__END_OF_TURN", "")
    kept: list[Diligence] = []

    async def keep(diligence: Diligence, stop: asyncio.Event) -> None:
        kept.append(diligence)

    monkeypatch.setattr(Diligence, "keep", keep)

    async def scene() -> str:
        serving = asyncio.create_task(main())
        async with connect(address) as channel:
            request = common_pb2.GetInfoRequest()
            info = await RecognizerStub(channel).GetInfo(request, wait_for_ready=True, timeout=30)
        os.kill(os.getpid(), signal.SIGTERM)
        await serving
        return str(info.engine)

    assert asyncio.run(scene()) == "simulated"
    assert len(kept) == 1
    assert NAME == "antiphon.v1.Recognizer"
