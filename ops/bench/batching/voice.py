"""The voice: 8 calls at once against one at a time, and who comes while long texts are spoken."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import cycle, islice

from antiphon.v1.synthesizer_pb2_grpc import SynthesizerStub
from ops.bench.batching.loads import STREAMS, Delays, Throughput, beside, quiet
from ops.bench.bench import Options
from ops.bench.voice.spoken import FORMAT, speak
from ops.bench.voice.texts import TEXTS

# About 8 s of speech: a usual answer. Of one length, so that no call is alone at the end.
WORDS = 25
SHORT_WORDS = 5
LONG_WORDS = 60
# First audio is measured so often a round, alone and beside the long texts.
SHORTS = 8


async def measure(
    stub: SynthesizerStub, rounds: int, options: Options, cpu_s: Callable[[], float]
) -> tuple[Throughput, Delays]:
    """Return what was measured, every kind of load in every round; `cpu_s` is the service's time so far."""
    throughput, delays = Throughput(), Delays()
    for text in (*TEXTS[SHORT_WORDS], *TEXTS[WORDS]):  # warm, at these lengths
        await speak(stub, text, FORMAT)
    for _ in options.progress.over("speaking", range(rounds)):
        await quiet(cpu_s)
        await throughput.measure(texts(WORDS, STREAMS), partial(_seconds, stub))
        delays.alone += await _first_audio_ms(stub)
        others = [partial(speak, stub, text, FORMAT) for text in texts(LONG_WORDS, STREAMS - 1)]
        async with beside(others):
            delays.beside += await _first_audio_ms(stub)
    return throughput, delays


def texts(words: int, count: int) -> list[str]:
    """Return so many texts of a length, in turn."""
    return list(islice(cycle(TEXTS[words]), count))


async def _seconds(stub: SynthesizerStub, text: str) -> float:
    return (await speak(stub, text, FORMAT)).audio_ms / 1000


async def _first_audio_ms(stub: SynthesizerStub) -> list[float]:
    shorts = texts(SHORT_WORDS, SHORTS)
    return [(await speak(stub, text, FORMAT)).first_audio_ms for text in shorts]
