"""One Synthesize stream: text goes in as it is written, speech comes out."""

from __future__ import annotations

from collections.abc import AsyncIterator

from antiphon.caller import Metadata
from antiphon.observability.attribution import attributed
from antiphon.timing import Timing
from antiphon.v1 import synthesizer_pb2 as pb
from antiphon.v1.synthesizer_pb2_grpc import SynthesizerStub
from server.engines.formats import audio_format
from server.engines.pulse import Pulse
from server.engines.stream import First, Stream
from server.realtime.session_config import SessionConfig

SERVICE = "speech synthesis"
# The contract's 16 KiB a message, whatever the characters: UTF-8 takes at most 4 bytes for one.
MAX_TEXT_CHARS = 16 * 1024 // 4
# The voice waits for the end of a clause, and so for the language model, which may be silent for 30 s.
PATIENCE_S = 60.0


class Speech:
    """An open stream; whatever sends or receives raises an `AntiphonError` where the service fails.

    From the first text on, the first audio may take `first_s`.
    """

    def __init__(
        self,
        stub: SynthesizerStub,
        config: SessionConfig,
        metadata: Metadata = (),
        pulse: Pulse | None = None,
        first_s: float = PATIENCE_S,
    ) -> None:
        self._stream: Stream[pb.SynthesizeRequest, pb.SynthesizeResponse] = Stream(
            stub.Synthesize(metadata=(*metadata, *attributed())), SERVICE, pulse=pulse
        )
        self._first = First(first_s)
        self._config = pb.SynthesizeConfig(
            voice=config.voice,
            speed=config.speed,
            audio=audio_format(config.output_format),
        )

    async def open(self) -> None:
        """Send the configuration."""
        await self._stream.write(pb.SynthesizeRequest(config=self._config))

    async def say(self, text: str) -> None:
        """Send more text, of any length."""
        for start in range(0, len(text), MAX_TEXT_CHARS):
            piece = text[start : start + MAX_TEXT_CHARS]
            await self._stream.write(pb.SynthesizeRequest(text=piece))
        self._first.begin()

    async def end_of_text(self) -> None:
        """Say that no more text comes."""
        await self._stream.done_writing()
        self._first.begin()

    async def chunks(self) -> AsyncIterator[pb.AudioChunk]:
        """Yield audio until all text has been spoken."""
        async for response in self._stream.responses(PATIENCE_S, self._first):
            if response.HasField("audio"):
                yield response.audio

    async def timing(self) -> Timing | None:
        """Return what the service says of its own work; call it once all chunks have come."""
        return await self._stream.timing()

    def cancel(self) -> None:
        """Drop the stream."""
        self._stream.cancel()
