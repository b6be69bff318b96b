"""`antiphon bench batch`: many callers on one recogniser and one voice, against one at a time.

Recognition and the voice run one after the other, each alone on the machine. In each round the same clips or
texts are done one by one and 8 at once, in turn the one or the other first, and a short one is timed alone
and beside 7 long ones, so that every ratio is of neighbours in time.

`short_p95_ratio` is of a short utterance that is heard while finals of long ones are due, of callers who
spoke in real time; `short_p95_ratio_beside_files` is of one beside files, which wait for callers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from antiphon.audio import Int16
from antiphon.channel import connect
from antiphon.v1.recognizer_pb2_grpc import RecognizerStub
from antiphon.v1.synthesizer_pb2_grpc import SynthesizerStub
from inference.asr.vad import Silero
from models.store import open_store
from ops.bench.batching import recognition, voice
from ops.bench.batching.loads import STREAMS
from ops.bench.bench import Bench, Engines, Options, Result
from ops.bench.data import default_folder, load_clips
from ops.bench.hearing.labels import longest_silence_ms
from ops.bench.hearing.takes import takes
from ops.bench.services import running
from ops.settings import Settings

# On two cores that do nothing else two minutes of the voice and some three and a half of recognition, for one
# and a half of which long utterances are spoken.
ROUNDS = 3


async def run(options: Options) -> Result:
    """Measure both services."""
    rounds = options.limit or ROUNDS
    heard, hearing = await _recognition(rounds, options)
    spoken, speaking = await _voice(rounds, options)
    context = {
        "rounds": rounds,
        "streams": STREAMS,
        "ratios": "throughput: median over rounds; short_p95 and first audio: of percentiles",
        "recognition": hearing,
        "voice": speaking,
    }
    if options.engines is Engines.SIMULATED:
        context["simulated"] = True
    return Result({**_ratios(heard, spoken), **heard, **spoken}, context)


async def _recognition(rounds: int, options: Options) -> tuple[dict[str, Any], dict[str, Any]]:
    clips = recognition.chosen(load_clips(options.data or default_folder("speech")))
    async with (
        running("asr", asr=_tables(options)) as services,
        connect(services["asr"]) as channel,
    ):
        unbroken = _unbroken(services.settings)
        said = recognition.utterances(takes(clips, services.settings, options), options, unbroken)
        heard = await recognition.measure(
            RecognizerStub(channel), said, rounds, options, partial(services.cpu_s, "asr")
        )
        settings = services.settings.asr
    figures = {
        "asr_throughput_ratio": heard.throughput.ratio,
        "short_p95_ratio": heard.callers.ratio("p95"),
        "short_p95_ratio_beside_files": heard.files.ratio("p95"),
        "asr_audio_s_per_s": heard.throughput.figures,
        "short_final_ms": {
            **heard.callers.figures,
            "beside_files": heard.files.figures["beside"],
        },
    }
    return figures, {
        **_shown(settings, ("engine", "model", "device", "compute_type", "threads")),
        "clips": len(clips),
        "without_a_hush": {
            name: f"{sum(unbroken(one.samples) for one in those)} of {len(those)}"
            for name, those in (("short", said.short), ("usual", said.usual))
        },
        "short_finals": {
            "alone": len(heard.callers.alone),
            "beside": len(heard.callers.beside),
            "of_which_outlasting_the_long": heard.outlasting,
            "beside_files": len(heard.files.beside),
        },
        "fed": "callers' long ones in real time, all else as fast as the service takes it, then half-closed; "
        "ms count from the first sample sent",
        "long_s": [round(one.seconds, 1) for one in said.long],
    }


def _unbroken(settings: Settings) -> Callable[[Int16], bool]:
    """Return whether a voice has no silence in which the recogniser would decode what may go on."""
    silero = Silero(open_store(settings.models).path(settings.asr.vad))
    return lambda samples: longest_silence_ms(samples, silero.listen()) < settings.asr.hush_ms


async def _voice(rounds: int, options: Options) -> tuple[dict[str, Any], dict[str, Any]]:
    async with (
        running("tts", tts=_tables(options)) as services,
        connect(services["tts"]) as channel,
    ):
        throughput, delays = await voice.measure(
            SynthesizerStub(channel), rounds, options, partial(services.cpu_s, "tts")
        )
        settings = services.settings.tts
    figures = {
        "tts_throughput_ratio": throughput.ratio,
        "tts_first_audio_ratio": delays.ratio("p50"),
        "tts_first_audio_p95_ratio": delays.ratio("p95"),
        "tts_audio_s_per_s": throughput.figures,
        "tts_first_audio_ms": delays.figures,
    }
    return figures, {
        **_shown(settings, ("engine", "model", "runtime", "device", "threads", "batch")),
        "words": {"throughput": voice.WORDS, "short": voice.SHORT_WORDS, "long": voice.LONG_WORDS},
        "first_audios": [len(delays.alone), len(delays.beside)],
    }


def _ratios(*found: dict[str, Any]) -> dict[str, Any]:
    """Return the ratios, which are what is asked for, before what they are made of."""
    return {name: value for figures in found for name, value in figures.items() if "_ratio" in name}


def _shown(settings: object, names: Sequence[str]) -> dict[str, Any]:
    return {name: getattr(settings, name) for name in names}


def _tables(options: Options) -> dict[str, Any]:
    return {"engine": "simulated"} if options.engines is Engines.SIMULATED else {}


BENCH = Bench("many callers at once against one at a time: recognition and the voice", run)
