"""A recording through a Recognize stream: utterances come out as they end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

from antiphon import caller
from antiphon.audio import RECOGNITION_RATE_HZ, Encoding, Int16, encode
from antiphon.errors import InvalidInput
from antiphon.v1 import recognizer_pb2 as pb
from antiphon.v1.recognizer_pb2_grpc import RecognizerStub
from server.engines.recognizer import FILE_PATIENCE_S, FILE_TAKE_S, SERVICE
from server.engines.stream import Stream
from server.http.openai.capabilities import has
from server.sound.decoding import decode


class Recording:
    """One sound that came from `peer`; `duration_s` is how much of it was decoded so far."""

    def __init__(self, stub: RecognizerStub, config: pb.RecognizeConfig, peer: str) -> None:
        self._stub = stub
        self._config = config
        self._peer = peer
        self._samples = 0

    @property
    def duration_s(self) -> float:
        """Seconds of sound, once all utterances have come: of the whole."""
        return self._samples / RECOGNITION_RATE_HZ

    async def finals(self, pieces: AsyncIterator[bytes]) -> AsyncGenerator[pb.Final, None]:
        """Yield the utterances in the file of `pieces`, all that hold words; raise an `AntiphonError`.

        Where the sound turns out to be unusable in the middle, what was said before it comes first.
        """
        if self._config.phrases and not await has(self._stub, SERVICE, "phrases"):
            self._config.ClearField("phrases")  # they are a hint
        stream: Stream[pb.RecognizeRequest, pb.RecognizeResponse] = Stream(
            self._stub.Recognize(metadata=caller.by(self._peer)), SERVICE, FILE_TAKE_S
        )
        feeding = asyncio.create_task(self._feed(stream, pieces))
        try:
            async for response in stream.responses(FILE_PATIENCE_S):
                if response.HasField("final") and response.final.text.strip():
                    yield response.final
            await feeding
        finally:
            feeding.cancel()
            stream.cancel()
            await asyncio.wait([feeding])

    async def _feed(
        self,
        stream: Stream[pb.RecognizeRequest, pb.RecognizeResponse],
        pieces: AsyncIterator[bytes],
    ) -> None:
        try:
            await stream.write(pb.RecognizeRequest(config=self._config))
            async with aclosing(_decoded(pieces)) as sound:
                async for samples in sound:
                    await stream.write(pb.RecognizeRequest(audio=self._bytes(samples)))
        finally:
            # Then the reader comes to an end, and asks this task why.
            await stream.done_writing()

    def _bytes(self, samples: Int16) -> bytes:
        self._samples += len(samples)
        return encode(samples, Encoding.PCM_S16LE)


async def _decoded(pieces: AsyncIterator[bytes]) -> AsyncGenerator[Int16, None]:
    async with aclosing(decode(pieces, None)) as sound:
        try:
            async for samples in sound:
                yield samples
        except InvalidInput as error:
            raise InvalidInput(error.message, reason=error.reason, param="file") from None
