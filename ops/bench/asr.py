"""`antiphon bench asr`: how right and how soon the service hears, beside one-shot faster-whisper.

Words: every clip as fast as it can be fed, then the baseline on the same clip. Text does not depend on the
pace, since the service's clock is the sample index; `same_text_share` in the context is the proof, from the
clips that were also played in real time. Times: a sample of clips, one after another in real time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from statistics import mean
from typing import Any

from antiphon.channel import connect
from antiphon.v1.recognizer_pb2 import RecognizeConfig, Simulation
from antiphon.v1.recognizer_pb2_grpc import RecognizerStub
from inference.asr.settings import AsrSettings
from models.store import open_store
from ops.bench.bench import Bench, Engines, Options, Result
from ops.bench.data import default_folder, load_clips, spread
from ops.bench.figures import rounded
from ops.bench.hearing.background import FOLLOWS_S
from ops.bench.hearing.listener import SILENCE_MS, configure, listen
from ops.bench.hearing.one_shot import OneShot
from ops.bench.hearing.scores import SCORED_LANGUAGE, Heard, Paced, Take, figures, finals
from ops.bench.hearing.takes import takes
from ops.bench.services import Running, running

# In real time 40 clips of at most 15 s are about six minutes.
PACED_CLIPS = 40
PACED_SECONDS = 15.0


async def run(options: Options) -> Result:
    """Measure recognition over a data folder."""
    clips = spread(load_clips(options.data or default_folder("speech")), options.limit)
    async with (
        running("asr", asr=_tables(options)) as services,
        connect(services["asr"]) as channel,
    ):
        ready = takes(clips, services.settings, options)
        session = Session(RecognizerStub(channel), services, options)
        heard = await session.hear_all(ready, _baseline(services, options))
        paced = await session.play(_paced(ready))
    return Result(figures(heard, paced), context(services, heard, paced))


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
        "background_lowered_clips": [one.take.clip.name for one in heard if one.take.lowered],
        "background_lowered_why": "Silero hears voice in their quietest 200 ms; looped 40 dB lower",
        "thresholds": "the service's were chosen on the default clips; others are the fairer test",
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


BENCH = Bench(
    "recognition: word errors beside one-shot faster-whisper, and latency",
    run,
    extras=frozenset({"labels"}),
)
