"""`antiphon bench turns`: from the caller's last voiced sample to the first sound of the answer.

Every clip is a call of its own, in real time, once with answers begun on trust and once without; some
without are heard out, for what the gateway adds to the engines' own durations.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from antiphon.audio import RECOGNITION_RATE_HZ, resample
from ops.bench.bench import Bench, Engines, Options, Result
from ops.bench.calls.caller import play
from ops.bench.calls.line import DESCRIPTIONS, Event, dial
from ops.bench.calls.picture import draw
from ops.bench.calls.record import RATE_HZ, Record
from ops.bench.calls.scores import Played, figures
from ops.bench.data import Clip, default_folder, load_clips, spread
from ops.bench.hearing.labels import Label
from ops.bench.hearing.scores import Take
from ops.bench.hearing.takes import takes, with_words
from ops.bench.services import Running, running

LONGEST_S = 15.0
# A turn each; two calls of each clip take twice its length: 10 minutes.
CLIPS = 36
KINDS = ("turn", "monologue", "short")
# Heard out, for what the gateway adds: a reply takes some 5 s.
HEARD_OUT = 6
HANG_UP_MS = 300.0
# After the clip; a CPU's language model may think for seconds.
ANSWER_S = 12.0


@dataclass(frozen=True, slots=True)
class Question:
    """A clip with a caller's voice in it."""

    take: Take
    label: Label


async def run(options: Options) -> Result:
    """Measure voice to voice over a data folder."""
    clips = _clips(load_clips(options.data or default_folder("turns")), options.limit)
    async with running("asr", "llm", "tts", "server", **_tables(options)) as services:
        ready = takes(clips, services.settings, options)
        questions = [Question(one, one.label) for one in ready if one.label is not None]
        trusting = await _play_all(services, options, questions, "on trust", speculation=True)
        waiting = await _play_all(services, options, questions, "waiting", speculation=False)
        some = spread(questions, HEARD_OUT)
        heard_out = await _play_all(
            services, options, some, "heard out", speculation=False, to_the_end=True
        )
    if options.plot is not None:
        draw(trusting, waiting, options.plot)
    return Result(figures(trusting, waiting, heard_out), _context(options, questions, clips))


async def _play_all(
    services: Running,
    options: Options,
    questions: Sequence[Question],
    title: str,
    *,
    speculation: bool,
    to_the_end: bool = False,
) -> list[Played]:
    return [
        Played(
            question.take.clip.name,
            question.label.last_ms,
            await _ask(services, options, question, speculation, to_the_end),
        )
        for question in options.progress.over(title, questions)
    ]


async def _ask(
    services: Running, options: Options, question: Question, speculation: bool, to_the_end: bool
) -> Record:
    last_ms = question.label.last_ms

    def enough(record: Record, now_ms: float) -> bool:
        reply = record.audible_after(last_ms)
        if reply is None or reply.audible_ms is None:
            return False
        if to_the_end:
            return reply.done is not None
        return now_ms > reply.audible_ms + HANG_UP_MS

    samples = resample(question.take.samples, RECOGNITION_RATE_HZ, RATE_HZ)
    async with dial(options.transport, services) as line:
        return await play(
            line,
            np.asarray(samples, np.int16),
            _session(options, question, speculation=speculation),
            enough,
            question.take.clip.seconds + ANSWER_S,
        )


def _session(options: Options, question: Question, *, speculation: bool) -> Event:
    antiphon: Event = {"speculation": speculation}
    if options.engines is Engines.SIMULATED:
        voiced_ms = round(question.label.voiced_ms)
        antiphon["simulation"] = {"text": question.take.clip.transcript, "voiced_ms": voiced_ms}
    return {"type": "realtime", "antiphon": antiphon}


def _clips(clips: Sequence[Clip], limit: int | None) -> list[Clip]:
    return with_words(clips, LONGEST_S, KINDS, limit or CLIPS)


def _tables(options: Options) -> dict[str, Any]:
    if options.engines is Engines.REAL:
        return {}
    return {name: {"engine": "simulated"} for name in ("asr", "llm", "tts")}


def _context(
    options: Options, questions: Sequence[Question], clips: Sequence[Clip]
) -> dict[str, Any]:
    return {
        "clips": len(clips),
        "clips_are": f"English, at most {LONGEST_S:g} s, of kind {', '.join(KINDS)}, evenly spread",
        "clips_without_voice": len(clips) - len(questions),
        "transport": DESCRIPTIONS[options.transport],
        "heard_out": min(HEARD_OUT, len(questions)),
    }


BENCH = Bench(
    "voice to voice: how soon the answer is heard",
    run,
    engines=Engines.SIMULATED,
    extras=frozenset({"plot", "labels", "transport"}),
)
