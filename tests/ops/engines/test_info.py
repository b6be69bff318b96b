from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from antiphon.errors import AntiphonError, Unavailable
from antiphon.v1.common_pb2 import ServiceInfo
from ops.engines.info import describe, summary
from tests.ops.fake_engines import Conversation, Generator, Recognizer, Synthesizer, serving


@pytest.mark.parametrize(
    ("name", "servicer", "model"),
    [
        ("asr", Recognizer([]), "ears"),
        ("llm", Generator(), "mind"),
        ("tts", Synthesizer(), "mouth"),
    ],
)
def test_each_service_says_what_it_runs(
    tmp_path: Path, name: str, servicer: object, model: str
) -> None:
    with serving(tmp_path, name, servicer) as address:
        assert asyncio.run(describe(name, address)).model == model


def test_a_service_that_cannot_say_is_told(tmp_path: Path) -> None:
    with serving(tmp_path, "server", Conversation()) as address, pytest.raises(AntiphonError):
        asyncio.run(describe("server", address))
    with pytest.raises(Unavailable, match="the server service is not reachable"):
        asyncio.run(describe("server", address))


@pytest.mark.parametrize(
    ("info", "said"),
    [
        (ServiceInfo(engine="coqui", model="joe"), "coqui joe"),
        (ServiceInfo(engine="antiphon"), "antiphon"),
        (ServiceInfo(engine="simulated", model="x", simulated=True), "simulated x (SIMULATED)"),
    ],
)
def test_whatever_is_simulated_says_so(info: ServiceInfo, said: str) -> None:
    assert summary(info) == said
