"""Who is clearly louder than an echo passes as they were heard; the echo never does."""

from __future__ import annotations

import numpy as np

from antiphon.audio import Int16
from server.conversation.double_talk import CLEARLY, HOLD, USUAL, DoubleTalk

FRAME = 240
LATE = 6
SHARE = 0.15
# What the canceller leaves, to be told from everything that is heard.
LEFT = np.full(FRAME, 7, np.int16)


def sound(level: float, seed: int = 1) -> Int16:
    noise = np.random.default_rng(seed).normal(size=FRAME)
    return np.asarray(noise * level / np.sqrt(np.mean(np.square(noise)))).astype(np.int16)


class Room:
    """A loudspeaker's echo `LATE` frames later, at a share of what is played, and a caller."""

    def __init__(self, share: float = SHARE) -> None:
        self.double_talk = DoubleTalk()
        self.share = share
        self.played = [np.zeros(FRAME, np.int16)] * LATE

    def play(self, played: float, caller: float) -> None:
        self.played.append(sound(played))
        self.heard = (self.share * self.played[-1 - LATE] + sound(caller, 2)).astype(np.int16)
        self.double_talk.note(self.heard, self.played[-1])

    def pass_on(self, played: float, caller: float) -> Int16:
        self.play(played, caller)
        return self.double_talk.choose(self.heard, LEFT, LATE)

    def listen(self, frames: int, caller: float = 0.0) -> list[Int16]:
        """Have syllables played, each louder or softer than the one before, and pauses."""
        return [self.pass_on((1000, 3000, 6000, 0)[n // 8 % 4], caller) for n in range(frames)]


def is_left(frame: Int16) -> bool:
    return bool((frame == LEFT).all())


def test_an_echo_alone_is_what_the_canceller_left_of_it() -> None:
    assert all(is_left(frame) for frame in Room().listen(300))


def test_an_echo_in_a_noisy_room_is_too() -> None:
    room = Room()
    room.listen(100, caller=300.0)
    assert all(is_left(frame) for frame in room.listen(200, caller=300.0))


def test_who_is_louder_is_heard_from_the_next_frame_on() -> None:
    room = Room()
    room.listen(105)
    fading = room.pass_on(3000, caller=2000.0)
    assert not is_left(fading)
    assert abs(int(fading[0]) - 7) < 30  # no click
    passed = room.pass_on(3000, caller=2000.0)
    assert np.array_equal(passed, room.heard)


def test_a_softer_moment_is_still_theirs_and_then_the_echo_is_taken_out_again() -> None:
    room = Room()
    room.listen(105)
    for _ in range(10):
        room.pass_on(3000, caller=2000.0)
    told = [is_left(room.pass_on(3000, caller=0.0)) for _ in range(HOLD + 3)]
    assert told == [False] * HOLD + [True] * 3


def test_where_the_agent_is_silent_a_soft_caller_is_no_echo() -> None:
    room = Room()
    room.listen(105)
    for _ in range(60):
        room.pass_on(0, caller=0.0)
    room.pass_on(0, caller=150.0)
    assert np.array_equal(room.pass_on(0, caller=150.0), room.heard)


def test_what_nobody_would_call_loud_is_nobody() -> None:
    room = Room()
    room.listen(105)
    for _ in range(60):
        room.pass_on(0, caller=0.0)
    assert is_left(room.pass_on(0, caller=40.0))


def test_a_louder_echo_is_known_for_one_within_two_seconds() -> None:
    room = Room()
    room.listen(105)
    room.share = 0.4  # somebody turned the loudspeaker up
    room.listen(200)
    assert all(is_left(frame) for frame in room.listen(48))


def test_an_echo_is_known_again_once_the_microphone_is_no_longer_muted() -> None:
    room = Room()
    room.listen(105)
    room.share = 0.0
    room.listen(300)
    room.share = SHARE
    assert all(is_left(frame) for frame in room.listen(64))


def test_before_anything_was_played_loudly_it_expects_a_usual_echo() -> None:
    room = Room(share=USUAL)
    room.pass_on(0, caller=0.0)
    assert all(is_left(frame) for frame in room.listen(24))
    room.pass_on(3000, caller=3000 * USUAL * 2 * CLEARLY)
    assert not is_left(room.pass_on(3000, caller=3000 * USUAL * 2 * CLEARLY))


def test_one_that_was_forgotten_is_measured_anew_from_what_was_noted() -> None:
    room = Room(share=0.02)
    room.listen(200)
    room.share = 0.4
    for number in range(64):
        room.play((1000, 3000, 6000, 0)[number // 8 % 4], caller=0.0)
    room.double_talk.forget()
    assert all(is_left(frame) for frame in room.listen(64))
