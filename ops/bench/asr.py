"""`antiphon bench asr`: how right and how soon the service hears, beside one-shot faster-whisper.

Words: every clip as fast as it can be fed, then the baseline on the same clip. Text does not depend on the
pace, since the service's clock is the sample index; `same_text_share` in the context is the proof, from the
clips that were also played in real time. Times: a sample of clips, one after another in real time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import mean
from typing import Any

import numpy as np

from antiphon.audio import RECOGNITION_RATE_HZ, Int16
from antiphon.channel import connect
from antiphon.v1.recognizer_pb2 import RecognizeConfig, Simulation
from antiphon.v1.recognizer_pb2_grpc import RecognizerStub
from inference.asr.settings import AsrSettings
from inference.asr.vad import Silero
from models.store import open_store
from ops.bench.bench import Bench, Engines, Options, Result
from ops.bench.data import Clip, default_folder, load_clips, spread
from ops.bench.figures import percentiles, rounded
from ops.bench.hearing.background import FOLLOWS_S, background
from ops.bench.hearing.labels import Label, label
from ops.bench.hearing.listener import SILENCE_MS, Noted, configure, listen
from ops.bench.hearing.one_shot import OneShot
from ops.bench.hearing.word_errors import Errors, count, difference_interval, rate
from ops.bench.services import Running, running

NO_SPEECH = "none"
SCORED_LANGUAGE = "en"
# In real time 40 clips of at most 15 s are about six minutes.
PACED_CLIPS = 40
PACED_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Take:
    """One clip, what follows it, and its label."""

    clip: Clip
    speech: Int16
    samples: Int16
    label: Label | None

    @property
    def language(self) -> str:
        """What the service is told; clips without speech are listened to in English."""
        return SCORED_LANGUAGE if self.clip.language == NO_SPEECH else self.clip.language


@dataclass(frozen=True, slots=True)
class Heard:
    """What the service and the baseline made of a clip."""

    take: Take
    text: str
    baseline: str | None

    @property
    def errors(self) -> Errors:
        """The service's."""
        return count(self.take.clip.transcript, self.text, self.take.language)

    @property
    def baseline_errors(self) -> Errors:
        """One-shot faster-whisper's."""
        return count(self.take.clip.transcript, self.baseline or "", self.take.language)


@dataclass(frozen=True, slots=True)
class Paced:
    """What real time showed."""

    noted: list[tuple[Take, Noted]]
    cpu_s: float


async def run(options: Options) -> Result:
    """Measure recognition over a data folder."""
    clips = spread(load_clips(options.data or default_folder("speech")), options.limit)
    async with (
        running("asr", asr=_tables(options)) as services,
        connect(services["asr"]) as channel,
    ):
        store = open_store(services.settings.models)
        silero = Silero(store.path(services.settings.asr.vad))
        takes = [take(clip, silero) for clip in options.progress.over("labelling", clips)]
        session = Session(RecognizerStub(channel), services, options)
        heard = await session.hear_all(takes, _baseline(services, options))
        paced = await session.play(_paced(takes))
    return Result(figures(heard, paced), context(services, heard, paced))


def take(clip: Clip, silero: Silero) -> Take:
    """Return a clip with its background behind it."""
    speech = clip.read()
    behind = background(speech, silero.listen())
    return Take(clip, speech, np.concatenate([speech, behind]), label(speech, silero.listen()))


class Session:
    """Plays takes to the service."""

    def __init__(self, stub: RecognizerStub, services: Running, options: Options) -> None:
        self._stub = stub
        self._services = services
        self._options = options

    async def hear_all(self, takes: Sequence[Take], baseline: OneShot | None) -> list[Heard]:
        """Return what was made of every take, the service and the baseline in turn."""
        heard = []
        for one in self._options.progress.over("words", takes):
            noted = await listen(self._stub, self._config(one), one.samples, paced=False)
            batch = None
            if baseline is not None:
                batch = await asyncio.to_thread(baseline.transcribe, one.speech, one.language)
            heard.append(Heard(one, noted.text, batch))
        return heard

    async def play(self, takes: Sequence[Take]) -> Paced:
        """Return what came when, in real time, and the service's processor time."""
        before = self._services.cpu_s("asr")
        noted = [
            (
                one,
                await listen(self._stub, self._config(one, partials=True), one.samples, paced=True),
            )
            for one in self._options.progress.over("times", takes)
        ]
        return Paced(noted, self._services.cpu_s("asr") - before)

    def _config(self, one: Take, *, partials: bool = False) -> RecognizeConfig:
        simulation = None
        if self._options.engines is Engines.SIMULATED:
            voiced_ms = round(one.label.voiced_ms) if one.label else 0
            simulation = Simulation(text=one.clip.transcript, voiced_ms=voiced_ms)
            if not voiced_ms:
                simulation.text = ""
        return configure(one.language, partials=partials, simulation=simulation)


def figures(heard: Sequence[Heard], paced: Paced) -> dict[str, Any]:
    """Return the figures of the benchmark."""
    scored = [one for one in heard if one.take.clip.language == SCORED_LANGUAGE]
    quiet = [one for one in heard if one.take.clip.language == NO_SPEECH]
    return {
        "wer": _rounded(rate([one.errors for one in scored])),
        **_against_baseline(scored),
        "by_condition": _by_condition(heard),
        "first_partial_ms": percentiles(first_partials(paced)),
        "pause_ms": percentiles(pauses(paced)),
        "final_ms": percentiles(finals(paced)),
        "cpu_s_per_audio_s": _cpu_share(paced),
        "noise_silent_share": rounded(mean(not one.text for one in quiet)) if quiet else None,
    }


def first_partials(paced: Paced) -> list[float]:
    """Return the ms from the first voiced sample of each clip to its first partial."""
    return [
        noted.first_partial_at_ms - one.label.first_ms
        for one, noted in paced.noted
        if one.label and noted.first_partial_at_ms is not None
    ]


def since_voice(paced: Paced, at_ms: Callable[[Noted], float | None]) -> list[float]:
    """Return the ms from the last voiced sample of each clip to the last event of a kind.

    A clip whose last event came before that has lost its end, and no time; the context counts those.
    """
    times = [
        at - one.label.last_ms
        for one, noted in paced.noted
        if one.label and (at := at_ms(noted)) is not None
    ]
    return [ms for ms in times if ms > 0]


def finals(paced: Paced) -> list[float]:
    """Return the ms from the last voiced sample of each clip to its last final."""
    return since_voice(paced, lambda noted: noted.final_at_ms)


def pauses(paced: Paced) -> list[float]:
    """Return the ms from the last voiced sample of each clip to its last pause, told with its text."""
    return since_voice(paced, lambda noted: noted.pause_at_ms)


def context(services: Running, heard: Sequence[Heard], paced: Paced) -> dict[str, Any]:
    """Return what was measured and how."""
    texts = {one.take.clip.name: one.text for one in heard}
    same = [noted.text == texts[one.clip.name] for one, noted in paced.noted]
    return {
        "clips": len(heard),
        "words_fed": "as fast as the service takes them; its clock is the sample index",
        "clips_in_real_time": len(paced.noted),
        "clips_in_real_time_are": f"English, at most {PACED_SECONDS:g} s, evenly spread",
        "same_text_share": rounded(mean(same)) if same else None,
        "clips_without_final_ms": len(paced.noted) - len(finals(paced)),
        "background_s": FOLLOWS_S,
        "endpointing": f"silence({SILENCE_MS})",
        "cpu": "of the service's process, over clips and their backgrounds in real time",
        "settings": _settings(services.settings.asr),
    }


def _settings(asr: AsrSettings) -> dict[str, Any]:
    shown = (
        "engine",
        "model",
        "device",
        "compute_type",
        "threads",
        "beam_size",
        "partial_interval_ms",
    )
    return {name: getattr(asr, name) for name in (*shown, "pause_ms", "end_of_turn")}


def _tables(options: Options) -> dict[str, Any]:
    return {"engine": "simulated"} if options.engines is Engines.SIMULATED else {}


def _baseline(services: Running, options: Options) -> OneShot | None:
    if options.engines is Engines.SIMULATED:
        return None
    settings = services.settings
    return OneShot(open_store(settings.models).path(settings.asr.model), settings.asr)


def _paced(takes: Sequence[Take]) -> list[Take]:
    short = [
        one
        for one in takes
        if one.clip.language == SCORED_LANGUAGE and one.clip.seconds <= PACED_SECONDS
    ]
    return spread(short, PACED_CLIPS)


def _against_baseline(scored: Sequence[Heard]) -> dict[str, Any]:
    if not scored or any(one.baseline is None for one in scored):
        return {}
    ours, theirs = [one.errors for one in scored], [one.baseline_errors for one in scored]
    low, high = difference_interval(ours, theirs)
    return {
        "wer_batch": _rounded(rate(theirs)),
        "wer_minus_batch_95": {"low": rounded(low), "high": rounded(high)},
    }


def _by_condition(heard: Sequence[Heard]) -> dict[str, Any]:
    groups: dict[str, list[Heard]] = {}
    for one in heard:
        if one.take.clip.language != NO_SPEECH:
            groups.setdefault(f"{one.take.clip.language} {one.take.clip.condition}", []).append(one)
    return {name: _condition(group) for name, group in sorted(groups.items())}


def _condition(group: Sequence[Heard]) -> dict[str, Any]:
    counts = [one.errors for one in group]
    found = {"wer": _rounded(rate(counts)), "words": sum(one.words for one in counts)}
    if all(one.baseline is not None for one in group):
        found["wer_batch"] = _rounded(rate([one.baseline_errors for one in group]))
    return found


def _cpu_share(paced: Paced) -> float | None:
    samples = sum(len(one.samples) for one, _ in paced.noted)
    return rounded(paced.cpu_s * RECOGNITION_RATE_HZ / samples) if samples else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else rounded(value)


BENCH = Bench("recognition: word errors beside one-shot faster-whisper, and latency", run)
