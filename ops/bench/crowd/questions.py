"""What a crowd asks: clips with a caller's voice, made ready once and read by every process of callers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from antiphon.audio import RECOGNITION_RATE_HZ, Int16, resample
from ops.bench.bench import Options
from ops.bench.calls.record import RATE_HZ
from ops.bench.data import Clip
from ops.bench.hearing.scores import Take
from ops.bench.hearing.takes import takes, with_words
from ops.settings import Settings

# One caller asks all of them in 70 s: that is what every load is compared with.
QUESTIONS = 8
LONGEST_S = 6.0
KINDS = ("turn", "short")
INDEX = "questions.json"


@dataclass(frozen=True, slots=True)
class Question:
    """A clip as it is asked; `samples` at 24 kHz hold its background behind it."""

    name: str
    text: str
    voiced_ms: int
    last_ms: float
    samples: Int16


def choose(clips: Sequence[Clip], limit: int | None) -> list[Clip]:
    """Return short English clips with words, evenly spread."""
    return with_words(clips, LONGEST_S, KINDS, limit or QUESTIONS)


def prepare(clips: Sequence[Clip], settings: Settings, options: Options) -> list[Question]:
    """Return what is asked; clips in which no voice is found are left out."""
    ready = takes(clips, settings, options)
    return [question for one in ready if (question := _question(one)) is not None]


def write(questions: Sequence[Question], folder: Path) -> None:
    """Write the questions where processes of callers find them."""
    index = []
    for number, question in enumerate(questions):
        np.save(folder / f"{number}.npy", question.samples)
        row = asdict(question)
        del row["samples"]
        index.append(row)
    (folder / INDEX).write_text(json.dumps(index), "utf-8")


def read(folder: Path) -> list[Question]:
    """Return the questions that were written to `folder`."""
    index = json.loads((folder / INDEX).read_text("utf-8"))
    return [
        Question(samples=np.load(folder / f"{number}.npy"), **row)
        for number, row in enumerate(index)
    ]


def _question(one: Take) -> Question | None:
    if one.label is None:
        return None
    samples = np.asarray(resample(one.samples, RECOGNITION_RATE_HZ, RATE_HZ), np.int16)
    voiced_ms = round(one.label.voiced_ms)
    return Question(one.clip.name, one.clip.transcript, voiced_ms, one.label.last_ms, samples)
