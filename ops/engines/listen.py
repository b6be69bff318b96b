"""Sound in, text out: a whole recording through the recognition service, as fast as it can be heard."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator
from typing import Any

import grpc

from antiphon.audio import RECOGNITION_RATE_HZ, Encoding, Int16, encode
from antiphon.channel import connect
from antiphon.status import from_rpc_error
from antiphon.v1 import common_pb2
from antiphon.v1 import recognizer_pb2 as pb
from antiphon.v1.recognizer_pb2_grpc import RecognizerStub

SERVICE = "speech recognition"
# A tenth of a second, as a caller's client might send: the service's own bound is ten times that.
CHUNK_SAMPLES = RECOGNITION_RATE_HZ // 10


async def transcribe(
    address: str, samples: Int16, language: str = ""
) -> AsyncGenerator[pb.Final, None]:
    """Yield each utterance in `samples` (mono int16 at 16 kHz) as it is understood."""
    async with connect(address) as channel:
        call = RecognizerStub(channel).Recognize()
        sending = asyncio.create_task(_send(call, samples, language))
        try:
            async for response in call:
                if response.HasField("final"):
                    yield response.final
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error, SERVICE) from None
        finally:
            call.cancel()
            sending.cancel()
            await asyncio.wait({sending})


async def _send(call: grpc.aio.StreamStreamCall[Any, Any], samples: Int16, language: str) -> None:
    """Feed the recording; what stops it is told to whoever reads the answers."""
    try:
        for request in _requests(samples, language):
            await call.write(request)
        await call.done_writing()
    except (grpc.aio.AioRpcError, grpc.aio.UsageError, asyncio.InvalidStateError):
        return


def _requests(samples: Int16, language: str) -> Iterator[pb.RecognizeRequest]:
    audio = common_pb2.AudioFormat(
        encoding=common_pb2.AUDIO_ENCODING_PCM_S16LE, sample_rate_hz=RECOGNITION_RATE_HZ
    )
    yield pb.RecognizeRequest(config=pb.RecognizeConfig(audio=audio, language=language))
    for start in range(0, len(samples), CHUNK_SAMPLES):
        chunk = samples[start : start + CHUNK_SAMPLES]
        yield pb.RecognizeRequest(audio=encode(chunk, Encoding.PCM_S16LE))
