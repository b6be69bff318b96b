"""The simulated engine, in virtual time."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from inference.tts.engine import Said, Span, Step
from inference.tts.simulated import CLOSING_MS, RATE_HZ, WORD_MS, SimulatedEngine, hum
from tests.virtual_time import run_virtual

WORDS = [Said("hello", Span(0, 5)), Said("there", Span(6, 11), ".")]


async def speak(engine: SimulatedEngine) -> tuple[float, list[Step]]:
    """Return when the first piece came, in ms, and all of them."""
    loop = asyncio.get_running_loop()
    begun = loop.time()
    first_ms, steps = 0.0, []
    async for step in engine.speak(WORDS, 1.0, loop.time):
        first_ms = first_ms or (loop.time() - begun) * 1000
        steps.append(step)
    return first_ms, steps


def test_delays_are_log_normal_around_the_median() -> None:
    async def main() -> list[float]:
        engine = SimulatedEngine(78.0, seed=1)
        return [(await speak(engine))[0] for _ in range(400)]

    delays = run_virtual(main())
    assert np.median(delays) == pytest.approx(78, rel=0.05)
    assert np.std(np.log(delays)) == pytest.approx(0.2, rel=0.15)


def test_load_makes_no_difference() -> None:
    async def main() -> list[float]:
        engine = SimulatedEngine(78.0, seed=1)
        return [first for first, _ in await asyncio.gather(*(speak(engine) for _ in range(50)))]

    assert max(run_virtual(main())) < 78 * 2


def test_no_delay_on_request_and_the_same_for_a_seed() -> None:
    assert run_virtual(speak(SimulatedEngine(0.0, seed=1)))[0] == 0
    first = [run_virtual(speak(SimulatedEngine(78.0, seed=3)))[0] for _ in range(2)]
    assert first[0] == first[1] > 0


def test_the_audio_follows_the_words() -> None:
    _, steps = run_virtual(speak(SimulatedEngine(0.0, seed=1)))
    samples = np.concatenate([step.piece.samples for step in steps])
    assert len(samples) == pytest.approx(RATE_HZ * (2 * WORD_MS + CLOSING_MS) / 1000, abs=2)
    times = steps[0].piece.words
    assert [time.span for time in times] == [word.span for word in WORDS]
    for time in times:
        middle = int((time.start_ms + time.end_ms) / 2 * RATE_HZ / 1000)
        assert np.abs(samples[middle - 200 : middle + 200].astype(int)).max() > 32_767 * 0.1
    assert not samples[-int(RATE_HZ * CLOSING_MS / 1000) + 2 :].any()


def test_speed() -> None:
    slow, fast = hum(WORDS, 0.5), hum(WORDS, 2.0)
    assert len(slow[0]) == pytest.approx(4 * len(fast[0]), abs=4)
    assert slow[1][1].start_ms == 4 * fast[1][1].start_ms


def test_every_word_is_hummed_in_its_own_way_and_always_in_the_same() -> None:
    samples, times = hum(
        [WORDS[0], Said("three", Span(0, 5)), WORDS[0]], 1.37
    )  # at a speed of this test alone
    size = int((times[0].end_ms - times[0].start_ms) * RATE_HZ / 1000) - 1
    first, second, again = (
        samples[round(time.start_ms * RATE_HZ / 1000) :][:size].astype(float) for time in times
    )
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.5
    assert np.corrcoef(first[1:-1], again[1:-1])[0, 1] > 0.9


def test_it_says_what_it_is() -> None:
    assert SimulatedEngine(78.0, 0).info.simulated
