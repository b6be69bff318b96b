"""Everything that the port serves is listed, and each of its methods is closed unless it is named open."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import grpc
from google.protobuf import descriptor_pool

from antiphon.errors import NotPermitted
from server.access.key_interceptor import OPEN_METHODS
from server.access.keyring import Keyring
from server.edge.port import Port
from server.engines.guests import Guests
from tests.server.edge.house import Engines, problem_of, visit

SERVED = {
    "antiphon.v1.Conversation",
    "antiphon.v1.Recognizer",
    "antiphon.v1.Generator",
    "antiphon.v1.Synthesizer",
    "nvidia.riva.asr.RivaSpeechRecognition",
    "nvidia.riva.tts.RivaSpeechSynthesis",
}


def test_every_method_of_every_service_refuses_a_call_without_a_key(tmp_path: Path) -> None:
    async def story(channel: grpc.aio.Channel) -> None:
        closed = [name for name in _methods() if name.rpartition("/")[2] not in OPEN_METHODS]
        assert len(closed) >= 10
        for name in closed:
            method: Any = channel.stream_stream(name)
            assert isinstance(await problem_of(method(iter([b""]))), NotPermitted), name

    visit(tmp_path, Engines(), story)


def _methods() -> list[str]:
    pool = descriptor_pool.Default()  # type: ignore[no-untyped-call]
    return [
        f"/{service}/{method.name}"
        for service in SERVED
        for method in pool.FindServiceByName(service).methods
    ]


def test_the_names_are_told_for_health_and_reflection() -> None:
    async def register() -> list[str]:
        nothing: Any = SimpleNamespace(recognizer=None, generator=None, synthesizer=None)
        return await Port(nothing, Keyring("ak_x"), nothing, Guests(1)).register(grpc.aio.server())

    assert set(asyncio.run(register())) == SERVED
