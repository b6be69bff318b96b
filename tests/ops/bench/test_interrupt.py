"""The benchmark of interruptions, over clips made here and simulated engines."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from antiphon.audio import RECOGNITION_RATE_HZ, Int16
from ops.bench import interrupt
from ops.bench.bench import Engines, Options, Transport
from ops.bench.calls.loudspeaker import Loudspeaker
from ops.bench.calls.record import RATE_HZ, Record, Reply
from ops.bench.data import Clip
from ops.bench.hearing.labels import Label
from ops.bench.hearing.scores import Take


@pytest.mark.slow
@pytest.mark.model
def test_a_human_question_stops_a_reply_of_simulated_engines(one_question: Options) -> None:
    result = asyncio.run(interrupt.run(replace(one_question, transport=Transport.GRPC)))
    assert result.context["wrong"]["reply_not_heard_in_time"] == 0
    assert result.figures["by_kind"]["turn"]["ducked_share"] == 1
    assert result.figures["silence_ms"]["p50"] > 0
    assert result.figures["echo"]["by_kind"]["turn"]["clips"] == 1
    assert result.figures["background"]["by_kind"]["turn"]["clips"] == 1


def clip(kind: str, speaker: str = "a", **row: Any) -> Clip:
    told = {"file": f"{kind}.wav", "kind": kind, "speaker": speaker, **row}
    return Clip(Path("a.wav"), 1.0, row.get("said", "hello"), told)


def take(kind: str, speaker: str = "a", level: int = 1000, **row: Any) -> Take:
    speech = np.full(RECOGNITION_RATE_HZ, level, np.int16)
    samples = np.concatenate([speech, np.zeros(RECOGNITION_RATE_HZ, np.int16)])
    return Take(clip(kind, speaker, **row), speech, samples, Label(200, 900, 600))


def scene(kind: str, **row: Any) -> interrupt.Scene:
    (made, *_) = interrupt.scenes_of([take(kind, **row), take("turn", "b", level=4000)])
    return made


def test_clips_of_other_kinds_are_left_out() -> None:
    kept = [clip("turn"), clip("noise")]
    options = Options(engines=Engines.SIMULATED)
    assert interrupt._clips([*kept, clip("monologue")], options) == kept


def test_a_clip_is_played_behind_its_own_background() -> None:
    made = scene("short")
    assert len(made.samples) == round((interrupt.BEFORE_MS / 1000 + 2) * RATE_HZ)
    assert np.abs(made.samples[: RATE_HZ * 2]).max() <= 1  # a resampler's own noise
    assert made.onset_ms == interrupt.BEFORE_MS + 200
    assert made.end_ms == made.onset_ms + interrupt.AFTER_MS
    assert scene("noise").end_ms == interrupt.BEFORE_MS + 1000 + interrupt.AFTER_MS


def asking(kind: str) -> interrupt.Scene:
    scenes = interrupt.scenes_of([take(kind), take("turn", "b", level=4000)])
    return interrupt.asked_aloud(scenes[0], scenes, 0)


def test_a_question_asked_aloud_is_as_loud_as_the_clip_and_its_words_are_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert interrupt.asked_aloud(scene("noise"), [scene("noise")], 0).question is None
    monkeypatch.setattr(interrupt, "ONE_BREATH", 0.5)
    made, options = asking("noise"), Options(engines=Engines.SIMULATED)
    assert made.before_ms == 1000 + interrupt.AFTER_QUESTION_MS
    assert int(made.samples[RATE_HZ // 2]) == pytest.approx(1000, abs=5)
    assert np.abs(made.samples[RATE_HZ + 100 : 4 * RATE_HZ]).max() <= 1
    assert int(made.samples[round(RATE_HZ * (made.before_ms / 1000 + 0.5))]) == 1000
    assert interrupt._session(options, made) == interrupt._says(options, made.question)  # type: ignore[arg-type]
    assert interrupt._prompt(replace(options, engines=Engines.REAL), made) is None
    assert interrupt._prompt(options, scene("noise")) is None


def test_the_clip_says_its_words_once_the_question_is_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(interrupt, "ONE_BREATH", 0.5)
    made, options = asking("short"), Options(engines=Engines.SIMULATED)
    prompt, record = interrupt._prompt(options, made), Record()
    assert prompt is not None
    assert prompt(record) is None
    record.replies.append(Reply("r", 0.0))
    assert prompt(record) is None
    record.replies[0].audible_ms = 900.0
    told = {"type": "session.update", "session": interrupt._says(options, made.take)}
    assert [prompt(record), prompt(record)] == [told, None]


def test_a_described_sound_has_no_words_to_recognise() -> None:
    simulated, real = Options(engines=Engines.SIMULATED), Options(engines=Engines.REAL)
    said = interrupt._session(simulated, scene("short"))["antiphon"]["simulation"]
    assert said == {"text": "hello", "voiced_ms": 600}
    cough = interrupt._session(simulated, scene("vocalisation", said="[cough]"))["antiphon"]
    assert cough["simulation"]["text"] == ""
    assert "simulation" not in interrupt._session(real, scene("short"))["antiphon"]


def test_television_is_a_kind_of_its_own() -> None:
    assert scene("noise", style="tv-like address").kind == "television"


def frame(samples: Int16) -> set[int]:
    assert len(samples) == RATE_HZ // 50
    return {int(sample) for sample in samples}


def test_an_echo_is_what_was_heard_a_little_later_and_quieter() -> None:
    loudspeaker = Loudspeaker()
    loudspeaker.play(np.full(RATE_HZ, 5000, np.int16), 100)
    also = interrupt._echo(scene("short"), loudspeaker)
    assert frame(also(0)) == frame(also(120)) == {0}
    assert frame(also(160)) == {500}


def test_a_voice_beside_begins_with_the_clip_and_goes_on() -> None:
    made = scene("short")
    also = interrupt._beside(made, Loudspeaker())
    assert frame(also(interrupt.BEFORE_MS - 20)) == {0}
    (level,) = frame(also(interrupt.BEFORE_MS + 100))
    assert level == pytest.approx(1000 * 10 ** (-15 / 20), abs=2)
    assert frame(also(interrupt.BEFORE_MS + 3100)) == {level}


def test_the_context_says_what_the_figures_are_of() -> None:
    def told(transport: Transport) -> dict[str, Any]:
        options = Options(engines=Engines.SIMULATED, transport=transport)
        return interrupt._context(options, [scene("short")])

    assert "never_silent" in told(Transport.WEBRTC)["silence_ms"]
    assert "lower bound" in told(Transport.WEBSOCKET)["server_stop_ms"]
    assert "receiver's buffer" in told(Transport.WEBRTC)["server_stop_ms"]


def test_nobody_else_is_nobody_beside() -> None:
    (alone,) = interrupt.scenes_of([take("turn")])
    assert frame(interrupt._beside(alone, Loudspeaker())(interrupt.BEFORE_MS)) == {0}
