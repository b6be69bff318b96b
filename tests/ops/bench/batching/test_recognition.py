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
SHORTER_S = 2.0  # than any but the short ones
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


class Recogniser:
    """Hears 10 s of speech a second, a caller's only from its end on; counts what it hears meanwhile."""

    def __init__(self) -> None:
        self.fed: list[float] = []
        self.due: list[float] = []  # of callers who have said all
        self.most = 0
        self.beside: list[
            tuple[int, int]
        ] = []  # of each short one: those fed at its begin, those due

    async def listen(
        self, _: Any, config: RecognizeConfig, samples: Int16, *, paced: bool
    ) -> Noted:
        seconds = len(samples) / RATE_HZ
        if paced:
            await asyncio.sleep(seconds)
        elif seconds < SHORTER_S:
            self.beside.append((len(self.fed), len(self.due)))
        others = len(self.fed) + len(self.due)
        hearing = self.due if paced else self.fed
        hearing.append(seconds)
        self.most = max(self.most, len(self.fed))
        try:
            await asyncio.sleep(seconds / 10)
        finally:
            hearing.remove(seconds)
        return Noted(["hello"], 100.0 + 100.0 * others)


def said_of(*seconds: float) -> recognition.Utterances:
    return recognition.utterances([take(one) for one in seconds], Options(), _any)


def measured(said: recognition.Utterances, rounds: int) -> recognition.Heard:
    options = Options(progress=SILENT)
    return run_virtual(recognition.measure(None, said, rounds, options, lambda: 0.0))  # type: ignore[arg-type]


def test_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    recogniser = Recogniser()
    monkeypatch.setattr(recognition, "listen", recogniser.listen)
    monkeypatch.setattr(loads, "LEAD_S", 0.1)
    busy: list[int] = []

    def cpu_s() -> float:
        busy.append(len(recogniser.fed))
        return 0.0

    options = Options(progress=SILENT)
    heard = run_virtual(
        recognition.measure(None, said_of(2, 7, 9), 2, options, cpu_s)  # type: ignore[arg-type]
    )
    assert len(heard.throughput.alone) == 2
    assert 4 < heard.throughput.ratio <= STREAMS
    assert heard.files.ratio("p95") == STREAMS
    assert min(heard.callers.beside) > max(heard.callers.alone)
    for delays in (heard.callers, heard.files):
        assert len(delays.beside) == len(delays.alone) == 2 * recognition.SHORTS
    assert set(heard.callers.alone) == {100.0}
    assert recogniser.most == STREAMS
    assert busy == [0] * 8  # before each round and before what is alone, until two are the same
    assert not recogniser.fed
    assert not recogniser.due


def test_short_ones_are_said_while_finals_of_callers_are_due(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    recogniser = Recogniser()
    monkeypatch.setattr(recognition, "listen", recogniser.listen)
    heard = measured(said_of(2, 7, 9), 1)
    # The first one warms.
    callers = recogniser.beside[1 : 1 + recognition.SHORTS]
    assert all(fed == 0 and due > 0 for fed, due in callers)
    assert heard.outlasting == 0
    alone = recogniser.beside[1 + recognition.SHORTS :][: recognition.SHORTS]
    assert alone == [(0, 0)] * recognition.SHORTS
    files = recogniser.beside[1 + 2 * recognition.SHORTS :]
    assert files == [(STREAMS - 1, 0)] * recognition.SHORTS


def test_callers_end_one_after_another_as_soon_as_can_be() -> None:
    long = said_of(2, 7, 9).long
    ended_s: list[float] = []
    all_ended = asyncio.Event()

    async def listen_to(said: recognition.Utterance) -> None:
        await asyncio.sleep(said.seconds)
        ended_s.append(asyncio.get_running_loop().time())
        if len(ended_s) == len(long):
            all_ended.set()

    async def main() -> None:
        async with recognition.Callers(listen_to).talking(long):
            await all_ended.wait()

    run_virtual(main())
    assert np.diff(ended_s) == pytest.approx([recognition.ENDS_EVERY_S] * (len(long) - 1))
    # One of them begins at once.
    assert any(
        end_s == pytest.approx(one.seconds)
        for one, end_s in zip(sorted(long, key=lambda one: one.seconds), ended_s, strict=True)
    )


def test_it_ends_where_all_long_ones_are_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    async def listen(_: Any, __: Any, samples: Int16, *, paced: bool) -> Noted:
        seconds = len(samples) / RATE_HZ
        await asyncio.sleep(seconds + 0.1 if paced else seconds)
        return Noted(["hello"], 100.0)

    monkeypatch.setattr(recognition, "listen", listen)
    heard = measured(said_of(2, 7, 9), 1)
    # A short one takes 1 s, in which two callers have ended and been heard.
    assert len(heard.callers.beside) == heard.outlasting == (STREAMS - 1 + 1) // 2
    assert len(heard.files.beside) == recognition.SHORTS


def test_a_caller_that_fails_is_told() -> None:
    async def listen_to(said: recognition.Utterance) -> None:
        raise ValueError("planted")

    async def main() -> None:
        callers = recognition.Callers(listen_to)
        async with callers.talking(said_of(2).long):
            await callers.any_due()

    with pytest.raises(ExceptionGroup) as told:
        run_virtual(main())
    assert told.group_contains(ValueError, match="planted")


def test_a_short_one_without_a_final_is_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    async def listen(*_: Any, paced: bool, **__: Any) -> Noted:
        await asyncio.sleep(30.0 if paced else 0.1)
        return Noted()

    monkeypatch.setattr(recognition, "listen", listen)
    heard = measured(said_of(2), 1)
    assert (heard.callers.alone, heard.callers.ratio("p95")) == ([], None)
    assert (heard.files.beside, heard.files.ratio("p95")) == ([], None)
