"""An echo is found soon, at any delay and rate; what is no echo is not taken for one."""

from __future__ import annotations

import numpy as np
import pytest

from antiphon.audio import Int16, resample
from server.conversation.echo_finder import DOUBT, FORGET, Echo, EchoFinder


def voice(seconds: float, seed: int) -> Int16:
    """Return noise at 24 kHz that comes and goes in syllables."""
    random = np.random.default_rng(seed)
    size = round(seconds * 24_000)
    syllables = np.repeat(random.uniform(0.2, 1, size // 3000 + 1), 3000)[:size]
    return (random.normal(size=size) * syllables * 3000).astype(np.int16)


def states(heard: Int16, heard_hz: int, played: Int16, finder: EchoFinder) -> list[Echo]:
    """Return what is known after each 10 ms."""
    step = heard_hz // 100
    frames = min(len(heard) // step, len(played) // 240)
    return [
        finder.add(heard[step * n : step * (n + 1)], played[240 * n : 240 * (n + 1)])
        for n in range(frames)
    ]


def echo_of(played: Int16, delay_ms: int, db: float) -> Int16:
    quieter = (played * 10 ** (db / 20)).astype(np.int16)
    return np.concatenate([np.zeros(delay_ms * 24, np.int16), quieter])[: len(played)]


@pytest.mark.parametrize(
    ("delay_ms", "db"), [(10, -20), (60, -20), (300, -20), (500, -14), (60, -30)]
)
def test_an_echo_is_found_half_a_second_after_it_begins(delay_ms: int, db: float) -> None:
    played = voice(2, 1)
    finder = EchoFinder()
    told = states(echo_of(played, delay_ms, db), 24_000, played, finder)
    assert told[delay_ms // 10 + 50] is Echo.PRESENT
    assert told[-1] is Echo.PRESENT
    assert finder.late == delay_ms // 10


def test_the_two_sides_may_have_different_rates() -> None:
    played = voice(1, 1)
    heard = resample(echo_of(played, 60, -20), 24_000, 8_000)
    assert states(heard, 8_000, played, EchoFinder())[-1] is Echo.PRESENT


def test_one_is_expected_until_it_would_have_been_found() -> None:
    played = voice(1.5, 1)
    told = states(np.zeros(len(played), np.int16), 24_000, played, EchoFinder())
    assert set(told[: DOUBT - 1]) == {Echo.UNKNOWN}
    assert set(told[DOUBT + 5 :]) == {Echo.ABSENT}


def test_somebody_elses_voice_is_none() -> None:
    played = voice(4, 1)
    told = states(voice(4, 2), 24_000, played, EchoFinder())
    assert told[-1] is Echo.ABSENT
    assert Echo.PRESENT not in told


def test_one_that_comes_later_is_found_and_one_that_is_gone_is_forgotten() -> None:
    finder, played = EchoFinder(), voice(2, 1)
    quiet = np.zeros(len(played), np.int16)
    assert states(quiet, 24_000, played, finder)[-1] is Echo.ABSENT
    assert states(echo_of(played, 60, -20), 24_000, played, finder)[-1] is Echo.PRESENT
    told = [states(quiet, 24_000, played, finder)[-1] for _ in range(FORGET // 200 + 1)]
    assert told[0] is Echo.PRESENT
    assert told[-1] is Echo.ABSENT


def test_while_nothing_is_played_nothing_is_decided() -> None:
    quiet = np.zeros(72_000, np.int16)
    assert set(states(voice(3, 2), 24_000, quiet, EchoFinder())) == {Echo.UNKNOWN}
