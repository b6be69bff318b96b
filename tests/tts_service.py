"""The voice as a process of its own, as tests ask it: over gRPC."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import grpc

from antiphon.channel import connect
from antiphon.status import from_rpc_error
from antiphon.timing import Timing, from_trailers
from antiphon.v1 import synthesizer_pb2 as pb
from antiphon.v1.synthesizer_pb2_grpc import SynthesizerStub
from ops.bench.services import running

T = TypeVar("T")


@dataclass
class Answer:
    """All that came back from one call of Synthesize."""

    chunks: list[pb.AudioChunk] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    flushed: list[pb.Flushed] = field(default_factory=list)
    timing: Timing | None = None

    @property
    def audio(self) -> bytes:
        """The whole audio."""
        return b"".join(chunk.audio for chunk in self.chunks)

    @property
    def words(self) -> list[pb.SpokenWord]:
        """Every word."""
        return [word for chunk in self.chunks for word in chunk.words]


@dataclass(frozen=True)
class Service:
    """A running voice."""

    address: str
    logs: Path
    simulated: bool

    def with_stub(self, use: Callable[[SynthesizerStub], Coroutine[Any, Any, T]]) -> T:
        """Return what `use` makes of a client."""

        async def main() -> T:
            async with connect(self.address) as channel:
                return await use(SynthesizerStub(channel))

        return asyncio.run(main())

    def ask(self, *requests: pb.SynthesizeRequest) -> Answer:
        """Return what a call with these requests answers; raise what is refused as our own error."""
        return self.with_stub(lambda stub: ask(stub, requests))


async def ask(stub: SynthesizerStub, requests: Sequence[pb.SynthesizeRequest]) -> Answer:
    """Return what a call with these requests answers; raise what is refused as our own error."""
    answer = Answer()
    call = stub.Synthesize(iter(requests))
    try:
        async for response in call:
            answer.kinds.append(response.WhichOneof("event") or "")
            if response.HasField("audio"):
                answer.chunks.append(response.audio)
            else:
                answer.flushed.append(response.flushed)
    except grpc.aio.AioRpcError as error:
        raise from_rpc_error(error, "speech synthesis") from None
    answer.timing = from_trailers(await call.trailing_metadata())
    return answer


@contextmanager
def serving(**tts: str) -> Iterator[Service]:
    """Run the voice with these settings for the length of the block."""
    ready: Future[Service] = Future()
    over = threading.Event()

    async def main() -> None:
        async with running("tts", tts=tts) as services:
            logs = services.settings.supervisor.log_dir
            ready.set_result(Service(services["tts"], logs, tts["engine"] == "simulated"))
            await asyncio.to_thread(over.wait)

    with ThreadPoolExecutor(1) as thread:
        ended = thread.submit(lambda: asyncio.run(main()))
        try:
            either: list[Future[Any]] = [ready, ended]
            wait(either, return_when=FIRST_COMPLETED)
            yield ready.result(0) if ready.done() else _failed(ended)
        finally:
            over.set()
        ended.result()


def _failed(ended: Future[None]) -> Service:
    ended.result()
    raise AssertionError("the voice ended before it was ready")
