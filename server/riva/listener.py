"""A Riva request's sound through a stream of our own recogniser."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing

import grpc

from antiphon import caller
from antiphon.errors import Unavailable
from antiphon.status import from_rpc_error
from antiphon.timing import Timing
from antiphon.v1 import common_pb2
from antiphon.v1 import recognizer_pb2 as pb
from antiphon.v1.recognizer_pb2_grpc import RecognizerStub
from server.engines.recognizer import SERVICE
from server.engines.stream import Stream
from server.riva.intake import open_sound
from server.riva.recognition_config import Asked
from server.riva.sound import Sound
from server.sound.decoding import MAX_DURATION_S

# Files come as fast as they are read, and wait for the recogniser: on two busy cores for the decoding of
# several utterances, each of up to 28 s of speech.
TAKE_S = 60.0

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
            self._stream = Stream(call, SERVICE, TAKE_S)
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
        async with asyncio.TaskGroup() as tasks:
            feeding = tasks.create_task(self._feed(stream, config, sound))
            async for event in stream.responses():
                await tell(event)
            if not feeding.done():
                raise Unavailable(f"the {SERVICE} service ended the stream")
        return await stream.timing()

    async def _feed(self, stream: Recognizing, config: pb.RecognizeConfig, sound: Sound) -> None:
        await stream.write(pb.RecognizeRequest(config=config))
        async for piece in sound.pieces:
            await stream.write(pb.RecognizeRequest(audio=piece))
            self.fed_s += sound.seconds(len(piece))
        await stream.done_writing()

    async def _capabilities(self) -> frozenset[str]:
        if not self._asked.wants():
            return frozenset()
        try:
            info = await self._stub.GetInfo(common_pb2.GetInfoRequest())
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error, SERVICE) from None
        return frozenset(info.capabilities)
