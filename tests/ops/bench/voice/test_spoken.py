"""One text spoken by a service over gRPC."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import grpc
import pytest

from antiphon.audio import RECOGNITION_RATE_HZ
from antiphon.channel import connect
from antiphon.errors import InvalidInput
from antiphon.serving import ErrorInterceptor
from antiphon.v1 import common_pb2
from antiphon.v1 import synthesizer_pb2 as pb
from antiphon.v1.synthesizer_pb2_grpc import (
    SynthesizerStub,
    add_SynthesizerServicer_to_server,
)
from inference.tts.service import Parts, SynthesizerService
from inference.tts.settings import TtsSettings
from inference.tts.simulated import CLOSING_MS, WORD_MS, SimulatedEngine
from ops.bench.voice.spoken import FORMAT, speak

VOICE = pb.Voice(name="tester", sample_rate_hz=22_050)


@asynccontextmanager
async def served(folder: Path) -> AsyncIterator[SynthesizerStub]:
    server = grpc.aio.server(interceptors=[ErrorInterceptor()])
    parts = Parts(TtsSettings(), SimulatedEngine(30.0, 0), common_pb2.ServiceInfo(), VOICE)
    add_SynthesizerServicer_to_server(SynthesizerService(parts), server)
    server.add_insecure_port(f"unix:{folder}/tts.sock")
    await server.start()
    try:
        async with connect(f"unix:{folder}/tts.sock") as channel:
            yield SynthesizerStub(channel)
    finally:
        await server.stop(None)


def test_audio_words_and_times(tmp_path: Path) -> None:
    async def main() -> None:
        async with served(tmp_path) as stub:
            spoken = await speak(stub, "Hello, world.", FORMAT)
            assert [word for word, _ in spoken.words] == ["Hello", "world"]
            assert spoken.words[1][1] == pytest.approx(WORD_MS)
            assert spoken.audio_ms == pytest.approx(2 * WORD_MS + CLOSING_MS, abs=1)
            assert len(spoken.samples) == int(spoken.audio_ms * RECOGNITION_RATE_HZ / 1000)
            assert spoken.timing is not None
            assert spoken.first_audio_ms >= spoken.timing.first_output_ms > 0

    asyncio.run(main())


def test_a_refusal_is_our_own_error(tmp_path: Path) -> None:
    async def main() -> None:
        async with served(tmp_path) as stub:
            with pytest.raises(InvalidInput):
                await speak(stub, "x" * 20_000)

    asyncio.run(main())
