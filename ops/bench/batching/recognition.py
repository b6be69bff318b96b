"""Recognition: 8 streams at once against one at a time, and short utterances beside long ones.

Audio is sent as fast as the service takes it, and the stream then half-closed: its final is due at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from antiphon.audio import RECOGNITION_RATE_HZ, Int16
from antiphon.errors import InvalidInput
from antiphon.v1.recognizer_pb2 import RecognizeConfig, Simulation
from antiphon.v1.recognizer_pb2_grpc import RecognizerStub
from ops.bench.batching.loads import STREAMS, Delays, Throughput, beside, quiet
from ops.bench.bench import Engines, Options
from ops.bench.data import Clip, spread
from ops.bench.hearing.listener import configure, listen
from ops.bench.hearing.scores import SCORED_LANGUAGE, Take

SHORT_S = (1.0, 4.0)
USUAL_S = (3.0, 9.0)
# Service and engine hold 30 s at most; what is over 28 s is cut.
LONG_S = (20.0, 28.0)
# Short utterances a round, alone and beside the long ones.
SHORTS = 10
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


async def measure(
    stub: RecognizerStub,
    said: Utterances,
    rounds: int,
    options: Options,
    cpu_s: Callable[[], float],
) -> tuple[Throughput, Delays]:
    """Return what was measured, every kind of load in every round; `cpu_s` is the service's time so far."""
    throughput, delays = Throughput(), Delays()
    for one in (said.short[0], said.long[0]):  # warm
        await listen(stub, one.config, one.samples, paced=False)
    for number in options.progress.over("hearing", range(rounds)):
        await quiet(cpu_s)
        usual = _turn(said.usual, number, STREAMS)
        await throughput.measure(usual, partial(_seconds, stub))
        shorts = _turn(said.short, number, SHORTS)
        delays.alone += await _finals_ms(stub, shorts)
        others = [
            partial(listen, stub, one.config, one.samples, paced=False)
            for one in _turn(said.long, number, STREAMS - 1)
        ]
        async with beside(others):
            delays.beside += await _finals_ms(stub, shorts)
    return throughput, delays


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


async def _seconds(stub: RecognizerStub, said: Utterance) -> float:
    await listen(stub, said.config, said.samples, paced=False)
    return said.seconds


async def _finals_ms(stub: RecognizerStub, said: Sequence[Utterance]) -> list[float]:
    noted = [await listen(stub, one.config, one.samples, paced=False) for one in said]
    return [one.final_at_ms for one in noted if one.final_at_ms is not None]
