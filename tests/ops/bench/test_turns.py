"""The benchmark of turns, over clips made here and simulated engines."""

from __future__ import annotations

import asyncio
import sys
from io import StringIO
from pathlib import Path

import pytest

from ops.bench import turns
from ops.bench.bench import Engines, Options
from ops.bench.data import Clip
from ops.bench.progress import Progress
from tests.speech import SPEECH, recording
from tests.weights import weights


@pytest.mark.slow
@pytest.mark.model
def test_a_human_question_is_answered_by_simulated_engines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights("silero-vad")
    monkeypatch.setenv("ANTIPHON_SUPERVISOR__MAIN", sys.executable)
    monkeypatch.setenv("ANTIPHON_ASR__END_OF_TURN", "")
    name = "3005-163389-0001.wav"
    (tmp_path / name).symlink_to(recording(SPEECH, f"librispeech_test_other/{name}").resolve())
    rows = "file\tseconds\ttranscript\tlanguage\n" + f"{name}\t5.4\tsome sung out\ten\n"
    (tmp_path / "manifest.tsv").write_text(rows)
    options = Options(tmp_path, Engines.SIMULATED, progress=Progress(StringIO()))
    result = asyncio.run(turns.run(options))
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
