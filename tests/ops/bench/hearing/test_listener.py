"""The client that plays clips."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import numpy as np

from antiphon.channel import connect
from antiphon.v1 import recognizer_pb2 as pb
from antiphon.v1.recognizer_pb2_grpc import (
    RecognizerServicer,
    RecognizerStub,
    add_RecognizerServicer_to_server,
)
from ops.bench.hearing.listener import FRAME_SAMPLES, Noted, configure, listen


class Answering(RecognizerServicer):
    """Answers the end of the audio with a partial and two finals, one of them empty."""

    def __init__(self) -> None:
        self.requests: list[pb.RecognizeRequest] = []

    async def Recognize(
        self, requests: AsyncIterator[pb.RecognizeRequest], context: Any
    ) -> AsyncIterator[pb.RecognizeResponse]:
        async for request in requests:
            self.requests.append(request)
        yield pb.RecognizeResponse(partial=pb.Partial(text="hel"))
        yield pb.RecognizeResponse(partial=pb.Partial(text="hello"))
        yield pb.RecognizeResponse(pause=pb.Pause(text="Hello."))
        yield pb.RecognizeResponse(final=pb.Final(text="Hello."))
        yield pb.RecognizeResponse(final=pb.Final(text=""))


def played(folder: Path, samples: int, *, paced: bool) -> tuple[Noted, Answering]:
    async def main() -> tuple[Noted, Answering]:
        servicer, server = Answering(), grpc.aio.server()
        add_RecognizerServicer_to_server(servicer, server)
        address = f"unix:{folder}/asr.sock"
        server.add_insecure_port(address)
        await server.start()
        async with connect(address) as channel:
            config = configure("en", partials=True)
            audio = np.zeros(samples, np.int16)
            noted = await listen(RecognizerStub(channel), config, audio, paced=paced)
        await server.stop(None)
        return noted, servicer

    return asyncio.run(main())


def test_notes_what_came_and_when(tmp_path: Path) -> None:
    noted, servicer = played(tmp_path, 2 * FRAME_SAMPLES + 7, paced=False)
    assert noted.text == "Hello."
    assert noted.finals == ["Hello.", ""]
    assert noted.first_partial_at_ms is not None
    assert noted.final_at_ms is not None
    assert noted.pause_at_ms is not None
    assert noted.first_partial_at_ms <= noted.pause_at_ms <= noted.final_at_ms
    config, *audio = servicer.requests
    assert config.config.silence.silence_ms == 500
    assert [len(request.audio) for request in audio] == [640, 640, 14]


def test_real_time_is_no_faster_than_that(tmp_path: Path) -> None:
    noted, _ = played(tmp_path, 10 * FRAME_SAMPLES, paced=True)
    assert noted.final_at_ms is not None
    assert noted.final_at_ms >= 200
