"""One Synthesize stream: text goes in as it is written, speech comes out."""

from __future__ import annotations

from collections.abc import AsyncIterator

import grpc

from antiphon.status import from_rpc_error
from antiphon.v1 import synthesizer_pb2 as pb
from antiphon.v1.synthesizer_pb2_grpc import SynthesizerStub
from server.engines.formats import audio_format
from server.realtime.session_config import SessionConfig

SERVICE = "speech synthesis"


class Speech:
    """An open stream; `chunks` ends when all text has been spoken."""

    def __init__(self, stub: SynthesizerStub, config: SessionConfig) -> None:
        self._call = stub.Synthesize()
        self._config = pb.SynthesizeConfig(
            voice=config.voice,
            speed=config.speed,
            audio=audio_format(config.output_format),
        )

    async def open(self) -> None:
        """Send the configuration."""
        await self._write(pb.SynthesizeRequest(config=self._config))

    async def say(self, text: str) -> None:
        """Send more text."""
        await self._write(pb.SynthesizeRequest(text=text))

    async def end_of_text(self) -> None:
        """Say that no more text comes."""
        try:
            await self._call.done_writing()
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error, SERVICE) from None

    async def chunks(self) -> AsyncIterator[pb.AudioChunk]:
        """Yield audio until the service ends the stream."""
        try:
            async for response in self._call:
                if response.HasField("audio"):
                    yield response.audio
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error, SERVICE) from None

    def cancel(self) -> None:
        """Drop the stream."""
        self._call.cancel()

    async def _write(self, request: pb.SynthesizeRequest) -> None:
        try:
            await self._call.write(request)
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error, SERVICE) from None
