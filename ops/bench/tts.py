"""`antiphon bench tts`: how soon the voice is heard, beside Coqui's own inference in the same run.

Each text is spoken by Coqui as it is (a process under its own interpreter: torch fp32, one thread, the whole
text in one inference; phonemes not counted) and then by our service over gRPC, never both at once. A ratio
is of two neighbours in time, and the figure is the median over texts and rounds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from antiphon.audio import to_float
from antiphon.channel import connect
from antiphon.v1.synthesizer_pb2_grpc import SynthesizerStub
from inference.asr.engine import Speech
from inference.asr.whisper import Whisper, WhisperOptions
from models.catalogue import load_catalogue
from models.settings import ModelsSettings
from models.store import Store
from ops.bench.bench import Bench, Engines, Options, Result
from ops.bench.figures import percentiles, rounded
from ops.bench.services import Running, running
from ops.bench.voice.reference_client import ReferenceClient, reference
from ops.bench.voice.spoken import FORMAT, Spoken, speak
from ops.bench.voice.texts import TEXTS
from ops.bench.voice.word_times import differences_ms, heard_share

ROUNDS = 5
EARS = "whisper-base"


@dataclass(slots=True)
class Samples:
    """What was measured, by number of words."""

    first_audio_ms: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    reference_ms: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    ratios: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    compute_share: list[float] = field(default_factory=list)


async def run(options: Options) -> Result:
    """Measure the voice."""
    rounds = options.limit or ROUNDS
    context = {"rounds": rounds, "texts": {words: len(texts) for words, texts in TEXTS.items()}}
    if options.engines is Engines.SIMULATED:
        async with running("tts", tts={"engine": "simulated"}) as services:
            return Result(await _alone(services, rounds, options), {**context, "simulated": True})
    async with running("tts") as services:
        settings = services.settings
        voice = _store(settings.models).path(settings.tts.model)
        async with reference(settings.supervisor.tts, voice) as coqui:
            figures = await _compared(services, coqui, rounds, options)
        context |= {"voice": settings.tts.model, "runtime": settings.tts.runtime}
        return Result(figures, {**context, "threads": settings.tts.threads, "ears": EARS})


async def _alone(services: Running, rounds: int, options: Options) -> dict[str, Any]:
    samples = Samples()
    async with connect(services["tts"]) as channel:
        stub = SynthesizerStub(channel)
        for words, text in options.progress.over("speaking", _plan(rounds)):
            samples.first_audio_ms[words].append((await speak(stub, text)).first_audio_ms)
    return {"first_audio_ms": _by_words(samples.first_audio_ms)}


async def _compared(
    services: Running, coqui: ReferenceClient, rounds: int, options: Options
) -> dict[str, Any]:
    samples = Samples()
    async with connect(services["tts"]) as channel:
        stub = SynthesizerStub(channel)
        for _, text in _plan(1):  # both warm, at every length
            await coqui.speak_ms(text)
            await speak(stub, text)
        for words, text in options.progress.over("speaking", _plan(rounds)):
            _add(samples, words, await coqui.speak_ms(text), await speak(stub, text))
        seams = [await coqui.seam_db(texts[0]) for texts in TEXTS.values()]
        spoken = [await speak(stub, text, FORMAT) for texts in TEXTS.values() for text in texts]
    return {**_timings(samples), "seam_snr_db": rounded(min(seams)), **_heard(services, spoken)}


def _add(samples: Samples, words: int, reference_ms: float, ours: Spoken) -> None:
    samples.reference_ms[words].append(reference_ms)
    samples.first_audio_ms[words].append(ours.first_audio_ms)
    samples.ratios[words].append(ours.first_audio_ms / reference_ms)
    if ours.timing is not None:
        samples.compute_share.append(ours.timing.compute_ms / ours.audio_ms)


def _timings(samples: Samples) -> dict[str, Any]:
    first = {words: median(values) for words, values in samples.first_audio_ms.items()}
    return {
        "first_audio_ratio": {words: rounded(median(r)) for words, r in samples.ratios.items()},
        "first_audio_60_over_10": rounded(first[60] / first[10]),
        "first_audio_ms": _by_words(samples.first_audio_ms),
        "reference_ms": _by_words(samples.reference_ms),
        "compute_s_per_audio_s": rounded(median(samples.compute_share)),
    }


def _heard(services: Running, spoken: Sequence[Spoken]) -> dict[str, Any]:
    """Return what Whisper makes of what was spoken; no target, for information."""
    whisper = Whisper(_store(services.settings.models).path(EARS), WhisperOptions())
    differences: list[float] = []
    shares: list[float] = []
    for one in spoken:
        speech = Speech(to_float(one.samples), language="en", word_times=True)
        heard = [(word.text, word.start_ms) for word in whisper.decode(speech).words]
        differences += differences_ms(one.words, heard)
        shares.append(heard_share(one.words, heard))
    return {
        "word_error_ms": percentiles(map(abs, differences), (50, 90)),
        "word_lead_ms": rounded(median(differences)),
        "words_heard_share": rounded(sum(shares) / len(shares)),
    }


def _plan(rounds: int) -> list[tuple[int, str]]:
    """Return the texts in the order in which they are spoken: every length in turn."""
    return [
        (words, text) for _ in range(rounds) for words, texts in TEXTS.items() for text in texts
    ]


def _by_words(values: Mapping[int, Sequence[float]]) -> dict[int, dict[str, float]]:
    return {words: percentiles(found) for words, found in values.items()}


def _store(settings: ModelsSettings) -> Store:
    return Store(settings.dir, load_catalogue(settings.catalogue))


BENCH = Bench("the voice: first audio beside Coqui's own inference, seams, word times", run)
