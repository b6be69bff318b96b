"""Recognition: 8 streams at once against one at a time, and short utterances beside long ones.

Audio is sent as fast as the service takes it, and the stream then half-closed: its final is due at once.
Whoever is more than 10 s ahead of real time is a file to the service, and waits for callers. So a short
utterance is measured twice: beside long ones of callers, who speak in real time, and beside files.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from antiphon.audio import RECOGNITION_RATE_HZ, Int16
from antiphon.errors import InvalidInput
from antiphon.v1.recognizer_pb2 import RecognizeConfig, Simulation
from antiphon.v1.recognizer_pb2_grpc import RecognizerStub
from ops.bench.batching.loads import STREAMS, Delays, Throughput, beside, quiet
from ops.bench.bench import Engines, Options
from ops.bench.data import Clip, spread
from ops.bench.hearing.listener import Noted, configure, listen
from ops.bench.hearing.scores import SCORED_LANGUAGE, Take

SHORT_S = (1.0, 4.0)
USUAL_S = (3.0, 9.0)
# Service and engine hold 30 s at most; what is over 28 s is cut.
LONG_S = (20.0, 28.0)
# Short utterances a round, alone and beside each kind of long ones.
SHORTS = 10
# From one caller's last word to the next one's. On two cores a long final takes a second and more: from the
# first on one is always due, for longer than `SHORTS` take.
ENDS_EVERY_S = 0.5
# Of silence within a long utterance, which must not end it.
LONG_SILENCE_MS = 5000


@dataclass(frozen=True, slots=True)
class Utterance:
    """What one stream says."""

    samples: Int16
    config: RecognizeConfig

    @property
    def seconds(self) -> float:
        """How long it is."""
        return len(self.samples) / RECOGNITION_RATE_HZ


@dataclass(frozen=True, slots=True)
class Utterances:
    """What is said: short ones, usual ones, and long ones that were joined from others."""

    short: Sequence[Utterance]
    usual: Sequence[Utterance]
    long: Sequence[Utterance]


@dataclass(slots=True)
class Heard:
    """What was measured; a short utterance's delay is from its first sample sent to its final."""

    throughput: Throughput = field(default_factory=Throughput)
    callers: Delays = field(default_factory=Delays)
    files: Delays = field(default_factory=Delays)
    outlasting: int = 0
    """Short ones that no long one of a caller was there for to the end: these have it easier."""


class Callers:
    """Speak long utterances in real time; the final of each is due from its end on, until it comes."""

    def __init__(self, listen_to: Callable[[Utterance], Coroutine[Any, Any, object]]) -> None:
        self._listen_to = listen_to
        self._speaking = self._due = 0
        self._one_is_due = asyncio.Event()
        self.lapses = 0
        """How often the only final that was due has come."""

    @asynccontextmanager
    async def talking(self, said: Sequence[Utterance]) -> AsyncIterator[None]:
        """Speak each once, for one to end every `ENDS_EVERY_S`; leave off where the block ends."""
        said = sorted(said, key=lambda one: one.seconds)
        self._speaking = len(said)
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(self._talk(one, begin_s))
                for one, begin_s in zip(said, _begins_s(said), strict=True)
            ]
            try:
                yield
            finally:
                for task in tasks:
                    task.cancel()

    async def any_due(self) -> bool:
        """Wait until a final is due; return whether it is, or they have all come."""
        while self._speaking and not self._due:
            await self._one_is_due.wait()
        return self._due > 0

    async def _talk(self, said: Utterance, begin_s: float) -> None:
        await asyncio.sleep(begin_s)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._listen_to(said))
            await asyncio.sleep(said.seconds)
            self._speaking -= 1
            self._due += 1
            self._one_is_due.set()
        self._due -= 1
        if not self._due:
            self._one_is_due.clear()
            self.lapses += 1


async def measure(
    stub: RecognizerStub,
    said: Utterances,
    rounds: int,
    options: Options,
    cpu_s: Callable[[], float],
) -> Heard:
    """Return what was measured, every kind of load in every round; `cpu_s` is the service's time so far."""
    heard = Heard()
    for one in (said.short[0], said.long[0]):  # warm
        await _listen(stub, one, paced=False)
    for number in options.progress.over("hearing", range(rounds)):
        await quiet(cpu_s)
        usual = _turn(said.usual, number, STREAMS)
        await heard.throughput.measure(usual, partial(_seconds, stub))
        shorts = _turn(said.short, number, SHORTS)
        longs = _turn(said.long, number, STREAMS - 1)
        await _beside_callers(stub, shorts, longs, heard)
        await quiet(cpu_s)
        alone = await _finals_ms(stub, shorts)
        heard.callers.alone += alone
        heard.files.alone += alone
        async with beside([partial(_listen, stub, one, paced=False) for one in longs]):
            heard.files.beside += await _finals_ms(stub, shorts)
    return heard


def chosen(clips: Sequence[Clip]) -> list[Clip]:
    """Return the clips that can be of use; raise `InvalidInput` where there are none."""
    most = USUAL_S[1]
    found = [one for one in clips if one.language == SCORED_LANGUAGE and one.seconds <= most]
    found = [one for one in found if one.transcript]
    if not found:
        raise InvalidInput(
            f"the data folder has no English clip of speech of at most {most:g} s; give another with "
            "--data DIR"
        )
    return spread(found, 60)  # enough for a long utterance a stream, in about a minute of labelling


def utterances(
    takes: Sequence[Take], options: Options, unbroken: Callable[[Int16], bool]
) -> Utterances:
    """Return what is said, from takes with voice in them; short and usual ones `unbroken` where it can be.

    In a silence the recogniser decodes what it may have to decode anew: work that no final waits for.
    """
    voiced = [_voiced(one, options) for one in takes if one.label is not None]
    if not voiced:
        raise InvalidInput("no voice was found in the clips; give other clips with --data DIR")
    short, usual = (
        _whole([one for one in voiced if least <= one.seconds <= most] or voiced, unbroken)
        for least, most in (SHORT_S, USUAL_S)
    )
    return Utterances(short, usual, [_long(voiced, start) for start in range(STREAMS - 1)])


def _whole(said: Sequence[Utterance], unbroken: Callable[[Int16], bool]) -> Sequence[Utterance]:
    whole = [one for one in said if unbroken(one.samples)]
    return whole if len(whole) >= STREAMS else said


def _voiced(take: Take, options: Options) -> Utterance:
    assert take.label is not None
    first, last = (
        round(ms * RECOGNITION_RATE_HZ / 1000) for ms in (take.label.first_ms, take.label.last_ms)
    )
    simulation = None
    if options.engines is Engines.SIMULATED:
        simulation = Simulation(
            text=take.clip.transcript, voiced_ms=max(1, round(take.label.voiced_ms))
        )
    return Utterance(
        take.speech[first:last], configure(take.language, partials=False, simulation=simulation)
    )


def _long(voiced: Sequence[Utterance], start: int) -> Utterance:
    """Return utterances joined, from another one on for each `start`, until they are long."""
    joined: list[Int16] = []
    seconds, number = 0.0, start * len(voiced) // (STREAMS - 1)
    while seconds < LONG_S[0]:
        one = voiced[number % len(voiced)]
        joined.append(one.samples)
        seconds, number = seconds + one.seconds, number + 1
    samples = np.concatenate(joined)[: int(LONG_S[1] * RECOGNITION_RATE_HZ)]
    config = RecognizeConfig()
    config.CopyFrom(voiced[start % len(voiced)].config)
    config.silence.silence_ms = LONG_SILENCE_MS
    return Utterance(samples, config)


def _turn(said: Sequence[Utterance], number: int, count: int) -> list[Utterance]:
    """Return the next `count`, from the beginning again where there are no more."""
    return [said[(number * count + index) % len(said)] for index in range(count)]


def _begins_s(said: Sequence[Utterance]) -> list[float]:
    """Return when each begins, for them to end one after another, as soon as can be."""
    least_s = [number * ENDS_EVERY_S - one.seconds for number, one in enumerate(said)]
    return [begin_s - min(least_s) for begin_s in least_s]


async def _beside_callers(
    stub: RecognizerStub, shorts: Sequence[Utterance], longs: Sequence[Utterance], heard: Heard
) -> None:
    """Say short ones one by one, each while the final of a long one is due, for as long as there is one."""
    callers = Callers(partial(_listen, stub, paced=True))
    async with callers.talking(longs):
        for one in shorts:
            if not await callers.any_due():
                return
            lapses = callers.lapses
            heard.callers.beside += await _finals_ms(stub, [one])
            heard.outlasting += callers.lapses > lapses


async def _listen(stub: RecognizerStub, said: Utterance, *, paced: bool) -> Noted:
    return await listen(stub, said.config, said.samples, paced=paced)


async def _seconds(stub: RecognizerStub, said: Utterance) -> float:
    await _listen(stub, said, paced=False)
    return said.seconds


async def _finals_ms(stub: RecognizerStub, said: Sequence[Utterance]) -> list[float]:
    noted = [await _listen(stub, one, paced=False) for one in said]
    return [one.final_at_ms for one in noted if one.final_at_ms is not None]
