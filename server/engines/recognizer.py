"""One Recognize stream: the caller's audio goes in, what was heard comes out."""

from __future__ import annotations

from collections.abc import AsyncIterator

from antiphon.audio import SAMPLE_BYTES
from antiphon.observability.attribution import attributed
from antiphon.observability.spans import TraceContext
from antiphon.v1 import recognizer_pb2 as pb
from antiphon.v1.recognizer_pb2_grpc import RecognizerStub
from server.engines.formats import audio_format
from server.engines.pulse import Pulse
from server.engines.stream import Stream, ended
from server.realtime.session_config import SessionConfig

SERVICE = "speech recognition"
# A file is sent faster than it is heard: a service that works on a minute of speech takes none meanwhile.
FILE_TAKE_S = 120.0
# From the last audio to the end, with what was sent ahead still to be heard on two busy cores.
FILE_PATIENCE_S = 600.0


class Recognition:
    """A stream for what the session sets of hearing; it ends an utterance when it is told to.

    Its positions count on from `from_ms`, what the session had heard before on other streams.

    `open` comes first; whatever sends may wait for the service, and raises an `AntiphonError` where it
    fails.
    """

    def __init__(
        self,
        stub: RecognizerStub,
        config: SessionConfig,
        from_ms: float = 0.0,
        pulse: Pulse | None = None,
    ) -> None:
        self._pulse = pulse or Pulse(SERVICE)
        self._stream: Stream[pb.RecognizeRequest, pb.RecognizeResponse] = Stream(
            stub.Recognize(metadata=attributed()), SERVICE, pulse=self._pulse
        )
        self._config = config
        wire = config.input_format
        self._bytes_per_ms = wire.rate_hz * SAMPLE_BYTES[wire.encoding] / 1000
        self._from_ms = from_ms
        self._fed_bytes = 0
        self._half_closed = False

    @property
    def fed_ms(self) -> float:
        """The position up to which audio was fed."""
        return self._from_ms + self._fed_bytes / self._bytes_per_ms

    async def open(self) -> None:
        """Send the configuration."""
        await self._stream.write(pb.RecognizeRequest(config=_config(self._config)))

    async def feed(self, audio: bytes) -> None:
        """Send whole samples in the session's input format."""
        await self._stream.write(pb.RecognizeRequest(audio=audio))
        self._fed_bytes += len(audio)

    async def finish_utterance(self, trace: TraceContext | None = None) -> None:
        """Ask for the Final of what was heard so far; after `half_close` it comes unasked."""
        if not self._half_closed:
            finish = pb.FinishUtterance(traceparent=trace.header if trace is not None else "")
            await self._stream.write(pb.RecognizeRequest(finish=finish))

    async def half_close(self) -> None:
        """Say that no more audio comes; events still follow."""
        self._half_closed = True
        await self._stream.done_writing()

    async def events(self) -> AsyncIterator[pb.RecognizeResponse]:
        """Yield events until the service ends the stream, which before `half_close` is an error too."""
        async for event in self._stream.responses():
            _shift(event, self._from_ms)
            yield event
        if not self._half_closed:
            raise self._pulse.note(ended(SERVICE))

    def cancel(self) -> None:
        """Drop the stream."""
        self._stream.cancel()


def _shift(event: pb.RecognizeResponse, by_ms: float) -> None:
    """Let the positions that a session uses count from where the stream began."""
    match event.WhichOneof("event"):
        case "speech_started":
            event.speech_started.start_ms += by_ms
        case "speech_hushed":
            event.speech_hushed.end_ms += by_ms
        case "pause":
            event.pause.end_ms += by_ms
        case "speech_resumed":
            event.speech_resumed.start_ms += by_ms
        case "final":
            event.final.start_ms += by_ms
            event.final.end_ms += by_ms


def _config(config: SessionConfig) -> pb.RecognizeConfig:
    voice_threshold, preroll_ms = config.voicing
    request = pb.RecognizeConfig(
        audio=audio_format(config.input_format),
        language=config.language,
        partials=True,
        hushes=True,
        voice_threshold=voice_threshold,
        preroll_ms=preroll_ms,
    )
    request.external.SetInParent()
    if config.simulation is not None:
        text, voiced_ms = config.simulation
        request.simulation.MergeFrom(pb.Simulation(text=text, voiced_ms=voiced_ms))
    return request
