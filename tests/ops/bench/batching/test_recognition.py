"""Which clips are said, how long ones are made, and what is measured over a recogniser made here."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from antiphon.audio import Int16
from antiphon.errors import InvalidInput
from antiphon.v1.recognizer_pb2 import RecognizeConfig
from ops.bench.batching import loads, recognition
from ops.bench.batching.loads import STREAMS
from ops.bench.bench import Engines, Options
from ops.bench.data import Clip
from ops.bench.hearing.labels import Label
from ops.bench.hearing.listener import Noted
from ops.bench.hearing.scores import Take
from ops.bench.progress import Progress
from tests.virtual_time import run_virtual

RATE_HZ = 16_000
SILENT = Progress(io.StringIO())


def clip(seconds: float, language: str = "en", transcript: str = "hello") -> Clip:
    row = {"file": f"{seconds}.wav", "language": language}
    return Clip(Path("none.wav"), seconds, transcript, row)


def take(seconds: float, *, voiced: bool = True) -> Take:
    samples = np.arange(round(seconds * RATE_HZ), dtype=np.int16)
    label = Label(500.0, seconds * 1000 - 500.0, 800.0) if voiced else None
    return Take(clip(seconds), samples, samples, label)


def _any(samples: Int16) -> bool:
    return True


def test_english_speech_is_chosen() -> None:
    clips = [clip(5), clip(31), clip(5, "de"), clip(5, "none", ""), clip(2), clip(3, transcript="")]
    assert [one.seconds for one in recognition.chosen(clips)] == [5, 2]
    with pytest.raises(InvalidInput, match="--data DIR"):
        recognition.chosen([clip(31)])


def test_utterances_are_voice_from_end_to_end() -> None:
    takes = [take(2), take(7), take(3, voiced=False)]
    said = recognition.utterances(takes, Options(), _any)
    assert [one.seconds for one in said.short] == [1.0]
    assert [one.seconds for one in said.usual] == [6.0]
    assert said.short[0].samples[0] == RATE_HZ // 2
    assert said.short[0].config.silence.silence_ms == 500
    assert not said.short[0].config.HasField("simulation")


@pytest.mark.parametrize(("unbroken", "said"), [(STREAMS, STREAMS), (STREAMS - 1, 2 * STREAMS)])
def test_those_without_a_silence_are_said_where_they_suffice(unbroken: int, said: int) -> None:
    takes = [take(4 + 0.125 * number) for number in range(2 * STREAMS)]
    whole = {len(one.speech) - RATE_HZ for one in takes[:unbroken]}
    found = recognition.utterances(takes, Options(), lambda samples: len(samples) in whole)
    assert len(found.usual) == said
    assert whole <= {len(one.samples) for one in found.usual}


def test_long_ones_are_joined_and_end_at_no_pause() -> None:
    said = recognition.utterances([take(2), take(7), take(9)], Options(), _any)
    assert len(said.long) == STREAMS - 1
    for one in said.long:
        assert recognition.LONG_S[0] <= one.seconds <= recognition.LONG_S[1]
        assert one.config.silence.silence_ms == recognition.LONG_SILENCE_MS
    assert said.short[0].config.silence.silence_ms == 500
    starts = {int(one.samples[0]) for one in said.long}
    lengths = {len(one.samples) for one in said.long}
    assert len(starts | lengths) > 2  # not all the same


def test_what_lacks_a_length_is_said_all_the_same() -> None:
    said = recognition.utterances([take(12)], Options(), _any)
    assert [len(said.short), len(said.usual)] == [1, 1]
    with pytest.raises(InvalidInput, match="no voice"):
        recognition.utterances([take(3, voiced=False)], Options(), _any)


def test_the_simulated_engine_is_told_what_it_hears() -> None:
    said = recognition.utterances([take(3)], Options(engines=Engines.SIMULATED), _any)
    assert said.short[0].config.simulation.text == "hello"
    assert said.short[0].config.simulation.voiced_ms == 800


def test_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    hearing: list[float] = []
    most = 0

    async def listen(_: Any, config: RecognizeConfig, samples: Any, *, paced: bool) -> Noted:
        nonlocal most
        assert not paced
        seconds = len(samples) / RATE_HZ
        others = len(hearing)
        hearing.append(seconds)
        most = max(most, len(hearing))
        try:
            await asyncio.sleep(seconds / 10)
        finally:
            hearing.remove(seconds)
        return Noted(["hello"], 100.0 + 100.0 * others)

    monkeypatch.setattr(recognition, "listen", listen)
    monkeypatch.setattr(loads, "LEAD_S", 0.1)
    said = recognition.utterances([take(2), take(7), take(9)], Options(), _any)
    busy: list[int] = []

    def cpu_s() -> float:
        busy.append(len(hearing))
        return 0.0

    measured = recognition.measure(None, said, 2, Options(progress=SILENT), cpu_s)  # type: ignore[arg-type]
    throughput, delays = run_virtual(measured)
    assert len(throughput.alone) == 2
    assert 4 < throughput.ratio <= STREAMS
    assert delays.ratio("p95") == STREAMS
    assert len(delays.beside) == 2 * recognition.SHORTS
    assert len(delays.alone) == 2 * recognition.SHORTS
    assert most == STREAMS
    assert busy == [0] * 4  # before each round, until two are the same
    assert not hearing


def test_a_short_one_without_a_final_is_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    async def listen(*_: Any, **__: Any) -> Noted:
        await asyncio.sleep(0.1)
        return Noted()

    monkeypatch.setattr(recognition, "listen", listen)
    said = recognition.utterances([take(2)], Options(), _any)
    measured = recognition.measure(None, said, 1, Options(progress=SILENT), lambda: 0.0)  # type: ignore[arg-type]
    _, delays = run_virtual(measured)
    assert (delays.alone, delays.ratio("p95")) == ([], None)
