"""What is played and what is heard are laid side by side, and the rest of the audio passes as it came."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

import numpy as np
import pytest

from antiphon.audio import Int16, encode
from server.conversation.own_voice import MASKED_MS, MOST_MS, STALE_S, TAIL_MS, OwnVoice
from server.realtime.session_config import FORMATS, WireFormat
from tests.virtual_time import run_virtual

PCM, MULAW = FORMATS["audio/pcm"], FORMATS["audio/pcmu"]
FRAME = 240
T = TypeVar("T")


class Subtracting:
    """Takes out exactly what is played now, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, int, int]] = []

    def cancel(self, heard: Int16, heard_hz: int, played: Int16, played_hz: int) -> Int16:
        self.asked.append((heard_hz, played_hz, int(played[0])))
        return heard - played if heard_hz == played_hz else heard


class Room:
    """A caller's own voice, and the cancellers that it made."""

    def __init__(self) -> None:
        self.made: list[Subtracting] = []
        self.voice = OwnVoice(self._make)

    def play(self, *levels: int, samples: int = FRAME, wire: WireFormat = PCM) -> None:
        """Have 10 ms of each level played."""
        for level in levels:
            self.voice.played(audio_of(level, samples, wire), wire)

    def hear(self, level: int, samples: int = FRAME, wire: WireFormat = PCM) -> bytes:
        return self.voice.taken_out_of(audio_of(level, samples, wire), wire)

    def _make(self) -> Subtracting:
        self.made.append(Subtracting())
        return self.made[-1]


def audio_of(level: int, samples: int = FRAME, wire: WireFormat = PCM) -> bytes:
    return encode(np.full(samples, level, np.int16), wire.encoding)


def tell(story: Callable[[Room], T]) -> T:
    async def main() -> T:
        return story(Room())

    return run_virtual(main())


def test_while_the_agent_is_silent_audio_passes_as_it_came() -> None:
    def story(room: Room) -> None:
        assert room.hear(5, samples=7) == audio_of(5, samples=7)
        assert not room.made

    tell(story)


def test_what_was_played_is_laid_beside_what_is_heard_piece_by_piece() -> None:
    def story(room: Room) -> None:
        room.play(4000, 5000, 6000)
        assert room.hear(1000, samples=2 * FRAME) == audio_of(-3000) + audio_of(-4000)
        assert room.hear(1000, samples=2 * FRAME) == audio_of(-5000) + audio_of(1000)
        assert len(room.made) == 1

    tell(story)


def test_pieces_of_any_length_come_out_whole_and_none_is_lost() -> None:
    def story(room: Room) -> None:
        room.play(4000, 0, 5000, samples=100)
        room.play(0, samples=FRAME)
        heard = [room.hear(1000, samples=size) for size in (100, 300, 79, 1)]
        assert [len(piece) // 2 for piece in heard] == [0, FRAME, 0, FRAME]
        first = np.frombuffer(b"".join(heard), "<i2")[:FRAME]
        assert first.tolist() == [-3000] * 100 + [1000] * 100 + [-4000] * 40

    tell(story)


def test_an_echo_is_awaited_for_a_while_and_then_audio_passes_with_what_was_kept() -> None:
    def story(room: Room) -> None:
        room.play(100)
        room.hear(0)
        for _ in range(TAIL_MS // 10):
            room.hear(0)
        assert len(room.made[0].asked) == 1 + TAIL_MS // 10
        room.play(0)
        room.hear(7, samples=FRAME + 30)
        for _ in range(TAIL_MS // 10):
            room.hear(7)
        assert room.hear(7, samples=10) == audio_of(7, samples=40)
        assert room.hear(7, samples=10) == audio_of(7, samples=10)

    tell(story)


def test_who_goes_on_as_the_agent_begins_is_no_echo_while_none_is_known() -> None:
    def story(room: Room) -> None:
        room.play(1000, 1000)
        assert room.hear(400) == audio_of(400)
        assert room.hear(300) == audio_of(-700)

    tell(story)


def talk(room: Room, share: float) -> None:
    """Have two seconds of voice played, and `share` of it come back."""
    noise = np.random.default_rng(1).normal(size=(200, FRAME)) * 3000
    for number, frame in enumerate(noise):
        room.voice.played(encode(frame.astype(np.int16), PCM.encoding), PCM)
        echo = (share * noise[max(number - 6, 0)]).astype(np.int16)
        room.voice.taken_out_of(encode(echo, PCM.encoding), PCM)


def test_who_is_louder_than_the_echo_is_heard_as_they_are_and_a_moment_of_them_is_missed() -> None:
    def story(room: Room) -> None:
        talk(room, 0.1)
        assert room.voice.masked_ms == MASKED_MS
        louder = [room.hear(20_000) for _ in range(2)]
        assert louder[1] == audio_of(20_000)
        for _ in range(2 * TAIL_MS // 10):
            room.hear(0)
        assert room.voice.masked_ms == 0

    tell(story)


def test_without_an_echo_nothing_is_missed() -> None:
    def story(room: Room) -> None:
        talk(room, 0.0)
        room.play(1000)
        assert room.voice.masked_ms == 0
        assert room.hear(100) == audio_of(100)

    tell(story)


def test_another_line_may_have_an_echo_again() -> None:
    def story(room: Room) -> None:
        talk(room, 0.0)
        room.voice.forget()
        room.play(1000, 1000)
        room.hear(0)
        assert room.voice.masked_ms == MASKED_MS
        assert len(room.made) == 2

    tell(story)


def test_both_sides_may_have_their_own_format() -> None:
    def story(room: Room) -> None:
        room.play(100, samples=80, wire=MULAW)
        assert room.hear(1000) == audio_of(1000)
        assert room.hear(0, samples=80, wire=MULAW) == audio_of(0, 80, MULAW)
        assert [asked[:2] for asked in room.made[0].asked] == [(24_000, 8_000), (8_000, 8_000)]

    tell(story)


def test_what_is_kept_of_a_format_is_not_taken_for_another() -> None:
    def story(room: Room) -> None:
        room.play(100)
        room.hear(0, samples=FRAME + 3)
        assert len(room.hear(0, samples=80, wire=MULAW)) == 80
        room.play(50, samples=100)
        room.play(60, samples=80, wire=MULAW)
        room.hear(0, samples=80, wire=MULAW)
        assert room.made[0].asked[-1][1] == 8_000

    tell(story)


def test_what_was_played_while_no_microphone_was_heard_is_forgotten() -> None:
    async def main() -> None:
        room = Room()
        room.play(*range(MOST_MS // 10 + 50))
        room.hear(0)
        assert room.made[0].asked[-1][2] == 50
        await asyncio.sleep(STALE_S + 0.1)
        room.play(9)
        room.hear(0)
        assert room.made[0].asked[-1][2] == 9

    run_virtual(main())


@pytest.mark.parametrize("audio", [b"", audio_of(1, samples=1)])
def test_less_than_a_piece_waits_for_the_rest(audio: bytes) -> None:
    def story(room: Room) -> None:
        room.play(100)
        assert room.voice.taken_out_of(audio, PCM) == b""

    tell(story)
