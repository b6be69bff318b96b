"""One text spoken by the service, and when its audio came."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter

import grpc
import numpy as np

from antiphon.audio import RECOGNITION_RATE_HZ, Encoding, Int16, decode
from antiphon.status import from_rpc_error
from antiphon.timing import Timing, from_trailers
from antiphon.v1 import common_pb2
from antiphon.v1 import synthesizer_pb2 as pb
from antiphon.v1.synthesizer_pb2_grpc import SynthesizerStub

FORMAT = common_pb2.AudioFormat(
    encoding=common_pb2.AUDIO_ENCODING_PCM_S16LE, sample_rate_hz=RECOGNITION_RATE_HZ
)


@dataclass(frozen=True, slots=True)
class Spoken:
    """What came, and how long after the text had been sent the first of it did."""

    samples: Int16
    words: tuple[tuple[str, float], ...]  # as written, and the ms at which each begins
    first_audio_ms: float
    timing: Timing | None

    @property
    def audio_ms(self) -> float:
        """Length of the audio."""
        return len(self.samples) * 1000 / RECOGNITION_RATE_HZ


async def speak(
    stub: SynthesizerStub, text: str, format_: common_pb2.AudioFormat | None = None
) -> Spoken:
    """Return `text` as the service speaks it when it is given all at once."""
    started = perf_counter()
    call = stub.Synthesize(
        iter(
            [
                pb.SynthesizeRequest(config=pb.SynthesizeConfig(audio=format_)),
                pb.SynthesizeRequest(text=text),
            ]
        )
    )
    first_ms, chunks = 0.0, []
    try:
        async for response in call:
            first_ms = first_ms or (perf_counter() - started) * 1000
            chunks.append(response.audio)
        timing = from_trailers(await call.trailing_metadata())
    except grpc.aio.AioRpcError as error:
        raise from_rpc_error(error, "speech synthesis") from None
    samples = np.concatenate([decode(chunk.audio, Encoding.PCM_S16LE) for chunk in chunks])
    words = tuple(
        (text[word.span.start : word.span.end], word.start_ms)
        for chunk in chunks
        for word in chunk.words
    )
    return Spoken(samples, words, first_ms, timing)
