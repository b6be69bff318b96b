"""Text in, sound out: a whole text through the synthesis service."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import grpc
import numpy as np

from antiphon.audio import Encoding, Int16, decode
from antiphon.channel import connect
from antiphon.errors import InvalidInput, NotFound, Unavailable
from antiphon.status import from_rpc_error
from antiphon.v1 import common_pb2
from antiphon.v1 import synthesizer_pb2 as pb
from antiphon.v1.synthesizer_pb2_grpc import SynthesizerStub

SERVICE = "speech synthesis"
# At most 4 bytes a character in UTF-8: well inside the contract's 16 KiB a message.
PIECE_CHARS = 2000


async def speak(
    address: str, text: str, voice: str = "", rate_hz: int | None = None
) -> tuple[Int16, int]:
    """Return `text` spoken, and the rate in Hz: the voice's own unless `rate_hz` says.

    Raises `InvalidInput` where the text has nothing to speak, `NotFound` for an unknown voice.
    """
    async with connect(address) as channel:
        stub = SynthesizerStub(channel)
        try:
            chosen = _choose(await stub.ListVoices(pb.ListVoicesRequest()), voice)
            rate = rate_hz or chosen.sample_rate_hz
            samples = await _synthesize(stub, text, chosen.name, rate)
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error, SERVICE) from None
    if not len(samples):
        raise InvalidInput("the text holds nothing that can be spoken")
    return samples, rate


def _choose(listed: pb.ListVoicesResponse, name: str) -> pb.Voice:
    if not listed.voices:
        raise Unavailable("the speech synthesis service has no voice; see `antiphon status`")
    for voice in listed.voices:
        if name in ("", voice.name):
            return voice
    known = ", ".join(voice.name for voice in listed.voices)
    raise NotFound(f"there is no voice {name!r}; there are: {known}")


async def _synthesize(stub: SynthesizerStub, text: str, voice: str, rate_hz: int) -> Int16:
    call = stub.Synthesize()
    sending = asyncio.create_task(_send(call, text, voice, rate_hz))
    try:
        pieces = [
            decode(response.audio.audio, Encoding.PCM_S16LE)
            async for response in call
            if response.HasField("audio")
        ]
    finally:
        call.cancel()
        sending.cancel()
        await asyncio.wait({sending})
    return np.concatenate(pieces) if pieces else np.zeros(0, np.int16)


async def _send(
    call: grpc.aio.StreamStreamCall[Any, Any], text: str, voice: str, rate_hz: int
) -> None:
    """Send the text; what stops it is told to whoever reads the answers."""
    try:
        for request in _requests(text, voice, rate_hz):
            await call.write(request)
        await call.done_writing()
    except (grpc.aio.AioRpcError, grpc.aio.UsageError, asyncio.InvalidStateError):
        return


def _requests(text: str, voice: str, rate_hz: int) -> Iterator[pb.SynthesizeRequest]:
    audio = common_pb2.AudioFormat(
        encoding=common_pb2.AUDIO_ENCODING_PCM_S16LE, sample_rate_hz=rate_hz
    )
    yield pb.SynthesizeRequest(config=pb.SynthesizeConfig(voice=voice, audio=audio))
    for start in range(0, len(text), PIECE_CHARS):
        yield pb.SynthesizeRequest(text=text[start : start + PIECE_CHARS])
