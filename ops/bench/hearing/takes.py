"""Clips made ready to be played: their background behind them, and where their voice is."""

from __future__ import annotations

import json
from collections.abc import Container, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from inference.asr.vad import Silero
from models.store import open_store
from ops.bench.bench import Options
from ops.bench.data import Clip, spread
from ops.bench.hearing.background import background
from ops.bench.hearing.labels import label
from ops.bench.hearing.scores import SCORED_LANGUAGE, Take
from ops.settings import Settings


def with_words(
    clips: Sequence[Clip], longest_s: float, kinds: Container[str], most: int
) -> list[Clip]:
    """Return at most `most` English clips with words, of `kinds` where a folder tells them, evenly spread."""
    fit = [
        clip
        for clip in clips
        if clip.seconds <= longest_s
        and clip.language == SCORED_LANGUAGE
        and clip.transcript
        and ("kind" not in clip.row or clip.row["kind"] in kinds)
    ]
    return spread(fit, most)


def takes(clips: Sequence[Clip], settings: Settings, options: Options) -> list[Take]:
    """Return every clip as it is played; write the labels where `options` asks for them."""
    silero = Silero(open_store(settings.models).path(settings.asr.vad))
    found = [take(clip, silero) for clip in options.progress.over("labelling", clips)]
    if options.labels is not None:
        write_labels(found, options.labels)
    return found


def take(clip: Clip, silero: Silero) -> Take:
    """Return a clip with its background behind it."""
    speech = clip.read()
    behind = background(speech, silero.listen())
    return Take(
        clip,
        speech,
        np.concatenate([speech, behind.samples]),
        label(speech, silero.listen()),
        behind.lowered,
    )


def write_labels(takes: Sequence[Take], path: Path) -> None:
    """Write by clip where its voice begins and ends and how much there is, ms; null without voice."""
    labels = {one.clip.name: None if one.label is None else asdict(one.label) for one in takes}
    path.write_text(json.dumps(labels, indent=2) + "\n", "utf-8")
