"""How much of what is heard is as loud as the caller has been."""

from __future__ import annotations

from math import inf

import numpy as np
import pytest

from antiphon.audio import Int16
from server.conversation.caller_level import BETWEEN_MS, FRAME_MS, KEPT, TURNS, CallerLevel


def tone(db: float, ms: float) -> Int16:
    amplitude = 32_767 * 10 ** (db / 20) * np.sqrt(2)
    samples = amplitude * np.sin(2 * np.pi * 200 * np.arange(round(16 * ms)) / 16_000)
    return np.asarray(samples).astype(np.int16)


class Heard:
    """A caller who is heard piece by piece."""

    def __init__(self, piece_ms: float = 20) -> None:
        self.level = CallerLevel()
        self.at_ms = 0.0
        self._piece_ms = piece_ms

    def hear(self, db: float, ms: float) -> float:
        """Return where it began."""
        began_ms = self.at_ms
        for _ in range(round(ms / self._piece_ms)):
            end_ms = self.at_ms + self._piece_ms
            self.level.note(tone(db, self._piece_ms), self.at_ms, end_ms)
            self.at_ms = end_ms
        return began_ms

    def turn(self, db: float, ms: float = 1000) -> None:
        self.level.learn(self.hear(db, ms), self.at_ms)


def test_as_long_as_nothing_was_said_anybody_may_be_the_caller() -> None:
    heard = Heard()
    assert heard.level.own_ms(heard.hear(-60, 400)) == inf


@pytest.mark.parametrize("piece_ms", [1, 10, 20, 200])
def test_a_voice_across_the_room_is_not_the_callers(piece_ms: float) -> None:
    heard = Heard(piece_ms)
    heard.turn(-20)
    heard.hear(-70, 400)
    assert heard.level.own_ms(heard.hear(-35, 800)) == 0
    heard.hear(-70, 400)
    assert heard.level.own_ms(heard.hear(-27, 800)) == 800 + BETWEEN_MS


def test_a_voice_that_goes_on_behind_them_adds_nothing_to_theirs() -> None:
    heard = Heard()
    heard.turn(-20)
    heard.hear(-70, 400)
    began_ms = heard.hear(-22, 200)
    heard.hear(-36, 600)
    assert heard.level.own_ms(began_ms) == 200 + BETWEEN_MS


def test_between_two_vowels_it_is_still_the_caller() -> None:
    heard = Heard()
    heard.turn(-20)
    began_ms = heard.hear(-20, 100)
    heard.hear(-50, 160)
    heard.hear(-20, 100)
    assert heard.level.own_ms(began_ms) == 360 + BETWEEN_MS


@pytest.mark.parametrize("turns", [(-5, -30), (-30, -5), (-30, -5, -30), (-5, -5, -5, -30, -30)])
def test_one_who_shouted_is_still_known_when_they_do_not(turns: tuple[float, ...]) -> None:
    heard = Heard()
    for db in turns:
        heard.turn(db)
    assert heard.level.own_ms(heard.hear(-32, 400)) == 400 + BETWEEN_MS


def test_who_comes_next_may_be_somebody_else() -> None:
    heard = Heard()
    heard.turn(-5)
    heard.level.forget()
    assert heard.level.own_ms(heard.hear(-40, 400)) == inf
    for _ in range(TURNS):
        heard.turn(-40)
    assert heard.level.own_ms(heard.hear(-40, 400)) == 400 + BETWEEN_MS


def test_of_what_is_nobody_nothing_is_learnt() -> None:
    heard = Heard()
    heard.turn(-70)
    heard.level.learn(50_000, 60_000)
    assert heard.level.own_ms(0) == inf


def test_what_was_heard_long_ago_is_forgotten() -> None:
    heard = Heard()
    heard.turn(-20, 2 * KEPT * FRAME_MS)
    assert heard.level.own_ms(0) == KEPT * FRAME_MS + 2 * BETWEEN_MS
