from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import grpc

from server.engines.guests import Guests
from server.riva.registration import register


def test_the_services_are_registered_by_rivas_names() -> None:
    async def main() -> list[str]:
        services: Any = SimpleNamespace(recognizer=None, synthesizer=None)
        return register(grpc.aio.server(), services, Guests(1))

    assert asyncio.run(main()) == [
        "nvidia.riva.asr.RivaSpeechRecognition",
        "nvidia.riva.tts.RivaSpeechSynthesis",
    ]
