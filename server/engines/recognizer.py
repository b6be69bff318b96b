"""One Recognize stream: the caller's audio goes in, what was heard comes out."""

from __future__ import annotations

from collections.abc import AsyncIterator

from antiphon.audio import SAMPLE_BYTES
from antiphon.errors import Unavailable
from antiphon.v1 import recognizer_pb2 as pb
from antiphon.v1.recognizer_pb2_grpc import RecognizerStub
from server.engines.formats import audio_format
from server.engines.stream import Stream
from server.realtime.session_config import SessionConfig

SERVICE = "speech recognition"


class Recognition:
    """A stream for the session's input format, language and way of ending an utterance.

    `open` comes first; whatever sends may wait for the service, and raises an `AntiphonError` where it
    fails.
    """

    def __init__(self, stub: RecognizerStub, config: SessionConfig) -> None:
        self._stream: Stream[pb.RecognizeRequest, pb.RecognizeResponse] = Stream(
            stub.Recognize(), SERVICE
        )
        self._config = config
        wire = config.input_format
        self._bytes_per_ms = wire.rate_hz * SAMPLE_BYTES[wire.encoding] / 1000
        self._fed_bytes = 0
        self._half_closed = False

    @property
    def fed_ms(self) -> float:
        """How much audio was fed."""
        return self._fed_bytes / self._bytes_per_ms

    async def open(self) -> None:
        """Send the configuration."""
        await self._stream.write(pb.RecognizeRequest(config=_config(self._config)))

    async def feed(self, audio: bytes) -> None:
        """Send whole samples in the session's input format."""
        await self._stream.write(pb.RecognizeRequest(audio=audio))
        self._fed_bytes += len(audio)

    async def finish_utterance(self) -> None:
        """Ask for the Final of what was heard so far."""
        await self._stream.write(pb.RecognizeRequest(finish=pb.FinishUtterance()))

    async def half_close(self) -> None:
        """Say that no more audio comes; events still follow."""
        self._half_closed = True
        await self._stream.done_writing()

    async def events(self) -> AsyncIterator[pb.RecognizeResponse]:
        """Yield events until the service ends the stream, which before `half_close` is an error too."""
        async for event in self._stream.responses():
            yield event
        if not self._half_closed:
            raise Unavailable(f"the {SERVICE} service ended the stream")

    def cancel(self) -> None:
        """Drop the stream."""
        self._stream.cancel()


def _config(config: SessionConfig) -> pb.RecognizeConfig:
    request = pb.RecognizeConfig(
        audio=audio_format(config.input_format), language=config.language, partials=True
    )
    if config.silence_ms is None:
        request.external.SetInParent()
    else:
        request.silence.silence_ms = config.silence_ms
    return request
