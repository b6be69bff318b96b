"""The clock of a stream, to the millisecond of virtual time."""

from __future__ import annotations

import asyncio

import pytest

from server.webrtc.jitter_buffer import HOLD_MS, MAX_FILL_MS
from server.webrtc.reception import Reception
from server.webrtc.speech_stream import SpeechStream
from tests.server.webrtc.network import packet
from tests.server.webrtc.sound import encoded, glide
from tests.virtual_time import run_virtual

PACKETS = encoded(glide(1.0))
Heard = list[tuple[float, bytes]]


class Ear:
    """Notes what it hears and when."""

    def __init__(self) -> None:
        self.heard: Heard = []
        self.reception = Reception(SpeechStream(), self._note)

    @property
    def times_ms(self) -> list[float]:
        return [round(now_ms, 6) for now_ms, _ in self.heard]

    async def send(self, *numbers: int) -> None:
        for number in numbers:
            self.reception.receive(packet(number, payload=PACKETS[number]))
        await asyncio.sleep(0.02)

    def _note(self, frame: bytes) -> None:
        self.heard.append((asyncio.get_running_loop().time() * 1000, frame))


def test_packets_are_heard_as_they_come_and_a_gap_when_it_has_been_waited_for() -> None:
    async def main() -> Ear:
        ear = Ear()
        await ear.send(0)
        await ear.send(1)
        await ear.send()
        await ear.send(3)
        await ear.send()
        ear.reception.close()
        return ear

    assert run_virtual(main()).times_ms == [0, 20, 80, 80]


def test_silence_is_heard_in_real_time_where_nothing_comes_any_more() -> None:
    async def main() -> Ear:
        ear = Ear()
        await ear.send(0)
        await asyncio.sleep((HOLD_MS + 40) / 1000)
        ear.reception.close()
        return ear

    begin_ms = 20 + HOLD_MS
    waited = [begin_ms] * int(HOLD_MS / 20)
    assert run_virtual(main()).times_ms == [0, *waited, begin_ms + 20, begin_ms + 40]


def test_a_deadline_that_comes_sooner_wakes_sooner() -> None:
    async def main() -> Ear:
        ear = Ear()
        await ear.send(0)
        # The timer is set for the hold; the gap's deadline is long before.
        await ear.send(2)
        await ear.send()
        ear.reception.close()
        return ear

    assert run_virtual(main()).times_ms == [0, 40, 40]


def test_it_sleeps_once_there_is_nothing_left_to_wait_for() -> None:
    async def main() -> Ear:
        ear = Ear()
        await ear.send(0)
        await asyncio.sleep(2 * MAX_FILL_MS / 1000)
        return ear

    assert len(run_virtual(main()).heard) == 1 + MAX_FILL_MS / 20


@pytest.mark.parametrize("before", [0, 1])
def test_nothing_is_heard_after_it_was_closed(before: int) -> None:
    async def main() -> Ear:
        ear = Ear()
        await ear.send(*range(before))
        ear.reception.close()
        await ear.send(before)
        await asyncio.sleep(1)
        return ear

    assert len(run_virtual(main()).heard) == before
