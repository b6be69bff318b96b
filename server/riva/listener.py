"""A Riva request's sound through a stream of our own recogniser."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing

from antiphon import caller
from antiphon.errors import Unavailable
from antiphon.timing import Timing
from antiphon.v1 import recognizer_pb2 as pb
from antiphon.v1.recognizer_pb2_grpc import RecognizerStub
from server.engines.inquiry import info
from server.engines.recognizer import FILE_PATIENCE_S, FILE_TAKE_S, SERVICE
from server.engines.stream import Stream, hangs
from server.riva.intake import open_sound
from server.riva.recognition_config import Asked
from server.riva.sound import Sound
from server.sound.decoding import MAX_DURATION_S

Tell = Callable[[pb.RecognizeResponse], Awaitable[None]]
Recognizing = Stream[pb.RecognizeRequest, pb.RecognizeResponse]


class Listener:
    """Listens once, for `peer`; `listen` raises an `AntiphonError` where the sound or the service fails."""

    def __init__(
        self, stub: RecognizerStub, asked: Asked, peer: str, limit_s: float = MAX_DURATION_S
    ) -> None:
        self._stub = stub
        self._asked = asked
        self._peer = peer
        self._limit_s = limit_s
        self._stream: Recognizing | None = None
        self.fed_s = 0.0

    async def listen(self, chunks: AsyncIterator[bytes], tell: Tell) -> Timing | None:
        """Tell what is heard in `chunks` until they end; return what the recogniser took for it.

        Cancelled, or where `tell` raises, the recogniser is let go.
        """
        sound = await open_sound(chunks, self._asked.declared, self._limit_s)
        if sound is None:
            return None
        async with aclosing(sound.pieces):
            config = self._asked.in_contract(sound.in_contract, await self._capabilities())
            call = self._stub.Recognize(metadata=caller.by(self._peer))
            self._stream = Stream(call, SERVICE, FILE_TAKE_S)
            try:
                return await self._run(self._stream, config, sound, tell)
            finally:
                self._stream.cancel()

    async def end_utterance(self) -> None:
        """Ask for the final of what was heard so far."""
        if self._stream is not None:
            await self._stream.write(pb.RecognizeRequest(finish=pb.FinishUtterance()))

    async def _run(
        self, stream: Recognizing, config: pb.RecognizeConfig, sound: Sound, tell: Tell
    ) -> Timing | None:
        try:
            async with asyncio.timeout(None) as patience, asyncio.TaskGroup() as tasks:
                feeding = tasks.create_task(self._feed(stream, config, sound, patience))
                async for event in stream.responses():
                    await tell(event)
                if not feeding.done():
                    raise Unavailable(f"the {SERVICE} service ended the stream")
        except TimeoutError:
            raise hangs(SERVICE, f"not ended {FILE_PATIENCE_S:.0f} s after the sound") from None
        return await stream.timing()

    async def _feed(
        self,
        stream: Recognizing,
        config: pb.RecognizeConfig,
        sound: Sound,
        patience: asyncio.Timeout,
    ) -> None:
        await stream.write(pb.RecognizeRequest(config=config))
        async for piece in sound.pieces:
            await stream.write(pb.RecognizeRequest(audio=piece))
            self.fed_s += sound.seconds(len(piece))
        await stream.done_writing()
        patience.reschedule(asyncio.get_running_loop().time() + FILE_PATIENCE_S)

    async def _capabilities(self) -> frozenset[str]:
        if not self._asked.wants():
            return frozenset()
        return frozenset((await info(self._stub, SERVICE)).capabilities)
