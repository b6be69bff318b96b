"""The benchmark of turns, over clips made here and simulated engines."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from ops.bench import turns
from ops.bench.bench import Options
from ops.bench.data import Clip


@pytest.mark.slow
@pytest.mark.model
def test_a_human_question_is_answered_by_simulated_engines(one_question: Options) -> None:
    result = asyncio.run(turns.run(one_question))
    assert result.figures["unanswered_share"] == 0
    assert result.figures["voice_to_voice_ms"]["p50"] > 0
    assert result.figures["hops_ms"]
    assert result.figures["overhead_ms"]
    assert result.context["clips"] == 1


def test_long_clips_other_languages_and_other_kinds_are_left_out() -> None:
    def clip(**row: str) -> Clip:
        told = {"file": "a.wav", "language": "en", **row}
        return Clip(Path("a.wav"), float(row.get("seconds", "3")), row.get("said", "hi"), told)

    kept = clip(kind="turn")
    others = [clip(kind="noise"), clip(seconds="16"), clip(language="fr"), clip(said="")]
    assert turns._clips([kept, *others], None) == [kept]
