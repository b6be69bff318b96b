"""A caller who falls silent, by loudness alone."""

from __future__ import annotations

import numpy as np
import pytest

from server.conversation.loudness import QUIET_MS, fell_silent, level_db

VOICE, ROOM, STREET, NOTHING = -20.0, -55.0, -30.0, -90.0


def levels(*stretches: tuple[float, float]) -> list[tuple[float, float]]:
    """Return the levels of stretches of (ms, dB), in pieces of 20 ms."""
    return [(20.0, level) for ms, level in stretches for _ in range(int(ms / 20))]


@pytest.mark.parametrize(
    ("heard", "speaking", "silent"),
    [
        ([], True, False),
        ([(1000, ROOM), (800, VOICE), (QUIET_MS, ROOM)], False, True),
        ([(1000, ROOM), (800, VOICE), (QUIET_MS - 20, ROOM)], False, False),
        ([(1000, ROOM), (800, VOICE)], False, False),
        # A gap within a word, and one between two.
        ([(1000, ROOM), (800, VOICE), (200, ROOM), (400, VOICE)], False, False),
        # Nobody spoke.
        ([(3000, ROOM)], False, False),
        ([(3000, STREET)], False, False),
        ([(3000, NOTHING)], False, False),
        # The recogniser had heard a voice before it was gone.
        ([(300, VOICE), (QUIET_MS, NOTHING)], True, True),
        ([(3000, NOTHING)], True, True),
        # Louder than the floor, and yet far below the voice.
        ([(500, ROOM), (800, VOICE), (500, VOICE - 22)], False, True),
        # A voice that nothing sets off from the street.
        ([(1000, STREET), (800, STREET + 10), (600, STREET)], False, False),
    ],
)
def test_silence_is_what_follows_a_voice(
    heard: list[tuple[float, float]], speaking: bool, silent: bool
) -> None:
    assert fell_silent(levels(*heard), speaking=speaking) is silent


def test_levels_are_of_full_scale() -> None:
    full = np.tile(np.array([32_767, -32_767], np.int16), 100)
    assert level_db(full) == pytest.approx(0, abs=0.01)
    assert level_db(full // 10) == pytest.approx(-20, abs=0.01)
    assert level_db(np.zeros(100, np.int16)) == pytest.approx(-120)
    assert level_db(np.zeros(0, np.int16)) == pytest.approx(-120)
