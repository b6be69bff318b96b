"""One Recognize stream: the caller's audio goes in, what was heard comes out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import grpc

from antiphon.audio import SAMPLE_BYTES
from antiphon.errors import Unavailable
from antiphon.status import from_rpc_error
from antiphon.v1 import recognizer_pb2 as pb
from antiphon.v1.recognizer_pb2_grpc import RecognizerStub
from server.engines.formats import audio_format
from server.realtime.session_config import SessionConfig

SERVICE = "speech recognition"


class Recognition:
    """An open stream. `feed` and `finish` may wait for the service; `events` ends when it does."""

    def __init__(self, call: grpc.aio.StreamStreamCall[Any, Any], config: SessionConfig) -> None:
        self._call = call
        wire = config.input_format
        self._bytes_per_ms = wire.rate_hz * SAMPLE_BYTES[wire.encoding] / 1000
        self._fed_bytes = 0

    @property
    def fed_ms(self) -> float:
        """How much audio was fed."""
        return self._fed_bytes / self._bytes_per_ms

    async def feed(self, audio: bytes) -> None:
        """Send audio in the session's input format."""
        await self._write(pb.RecognizeRequest(audio=audio))
        self._fed_bytes += len(audio)

    async def finish_utterance(self) -> None:
        """Ask for the Final of what was heard so far."""
        await self._write(pb.RecognizeRequest(finish=pb.FinishUtterance()))

    async def half_close(self) -> None:
        """Say that no more audio comes; events still follow."""
        try:
            await self._call.done_writing()
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error, SERVICE) from None

    async def events(self) -> AsyncIterator[pb.RecognizeResponse]:
        """Yield events until the service ends the stream; raise an `AntiphonError` if it fails."""
        try:
            async for event in self._call:
                yield event
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error, SERVICE) from None

    def cancel(self) -> None:
        """Drop the stream."""
        self._call.cancel()

    async def _write(self, request: pb.RecognizeRequest) -> None:
        try:
            await self._call.write(request)
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error, SERVICE) from None
        except grpc.aio.UsageError:
            # The call has ended; why is told to whoever reads its events.
            raise Unavailable(f"the {SERVICE} service ended the stream") from None


async def open_recognition(stub: RecognizerStub, config: SessionConfig) -> Recognition:
    """Open a stream for the session's input format, language and way of ending an utterance."""
    request = pb.RecognizeConfig(
        audio=audio_format(config.input_format),
        language=config.language,
        partials=True,
    )
    if config.silence_ms is None:
        request.external.SetInParent()
    else:
        request.silence.silence_ms = config.silence_ms
    recognition = Recognition(stub.Recognize(), config)
    await recognition._write(pb.RecognizeRequest(config=request))
    return recognition
