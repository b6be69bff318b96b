"""The texts of one Riva call, spoken in order by our own voice."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from antiphon.audio import decode
from antiphon.errors import InvalidInput
from antiphon.guest import AS_GUEST
from antiphon.timing import Timing
from antiphon.v1 import synthesizer_pb2 as pb
from antiphon.v1.common_pb2 import AudioFormat
from antiphon.v1.synthesizer_pb2_grpc import SynthesizerStub
from server.engines.formats import ENCODINGS
from server.engines.stream import Stream
from server.engines.synthesizer import MAX_TEXT_CHARS, PATIENCE_S, SERVICE
from server.riva.protos import tts
from server.riva.synthesis_request import Output, Wanted
from server.sound.encoding import Encoder, open_encoder

Tell = Callable[[Any], Awaitable[None]]
Speech = Stream[pb.SynthesizeRequest, pb.SynthesizeResponse]


class Speaker:
    """`say` each text, then `end`; what is made goes to `tell` as Riva's responses, in order.

    All of a call is one sound: the first text says how it is encoded.
    """

    def __init__(self, stub: SynthesizerStub, tell: Tell) -> None:
        self._stub = stub
        self._tell = tell
        self._output: Output | None = None
        self._encoder: Encoder | None = None
        self._said_ms = 0.0
        self.timing: Timing | None = None

    async def say(self, wanted: Wanted, request_id: Any = None) -> None:
        """Speak a text; raise an `AntiphonError` where the voice fails, or is to change its encoding."""
        self._begin(wanted.output)
        stream: Speech = Stream(self._stub.Synthesize(metadata=AS_GUEST), SERVICE)
        before_ms = self._said_ms
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(_send(stream, wanted))
                async for response in stream.responses(PATIENCE_S):
                    if response.HasField("audio"):
                        await self._give(response.audio, wanted, before_ms, request_id)
            self._add(await stream.timing())
        finally:
            stream.cancel()

    async def end(self) -> None:
        """Give out what the encoder still holds."""
        if self._encoder is not None:
            rest = await asyncio.to_thread(self._encoder.end)
            await self._tell(tts.SynthesizeSpeechResponse(audio=rest))

    def _begin(self, output: Output) -> None:
        if self._output is None:
            self._output = output
            if output.file is not None:
                self._encoder = open_encoder(output.file, output.rate_hz)
        elif output != self._output:
            raise InvalidInput(
                "encoding and sample_rate_hz are those of the first request of a stream",
                reason="FORMAT_CHANGED",
            )

    async def _give(
        self, chunk: pb.AudioChunk, wanted: Wanted, before_ms: float, request_id: Any
    ) -> None:
        samples = decode(chunk.audio, wanted.output.encoding)
        self._said_ms += len(samples) * 1000 / wanted.output.rate_hz
        audio = chunk.audio
        if self._encoder is not None:
            # A second of speech takes some ms, in which calls would otherwise be silent.
            audio = await asyncio.to_thread(self._encoder.feed, samples)
        response = tts.SynthesizeSpeechResponse(audio=audio, id=request_id)
        if wanted.words:
            response.meta.words.extend(_word(word, wanted.text, before_ms) for word in chunk.words)
        # A compressor lags: Riva's clients take each response for sound.
        if audio or response.meta.words:
            await self._tell(response)

    def _add(self, timing: Timing | None) -> None:
        if timing is None or self.timing is None:
            self.timing = self.timing or timing
            return
        self.timing = Timing(
            self.timing.queue_ms + timing.queue_ms,
            self.timing.compute_ms + timing.compute_ms,
            self.timing.first_output_ms,
        )


async def _send(stream: Speech, wanted: Wanted) -> None:
    audio = AudioFormat(
        encoding=ENCODINGS[wanted.output.encoding], sample_rate_hz=wanted.output.rate_hz
    )
    config = pb.SynthesizeConfig(voice=wanted.voice, audio=audio)
    await stream.write(pb.SynthesizeRequest(config=config))
    for start in range(0, len(wanted.text), MAX_TEXT_CHARS):
        piece = wanted.text[start : start + MAX_TEXT_CHARS]
        await stream.write(pb.SynthesizeRequest(text=piece))
    await stream.done_writing()


def _word(word: pb.SpokenWord, text: str, before_ms: float) -> Any:
    return tts.WordTiming(
        word=text[word.span.start : word.span.end],
        start_time=round(before_ms + word.start_ms),
        end_time=round(before_ms + word.end_ms),
    )
