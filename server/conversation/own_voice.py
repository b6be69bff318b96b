"""Takes the agent's own voice out of what the caller's microphone brings.

Heard back from a loudspeaker it would silence the agent, and be understood as the caller's. What is played is
laid beside what is heard by the microphone's own clock: as much of it for each piece that comes, so that a
network that delays the microphone moves neither against the other. Where no echo is found, as with a headset,
nothing is taken out.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import NamedTuple, Protocol

import numpy as np

from antiphon.audio import SAMPLE_BYTES, Int16, decode, encode
from server.conversation.double_talk import DoubleTalk
from server.conversation.echo_finder import FRAME_MS, Echo, EchoFinder
from server.realtime.session_config import WireFormat

# How long after the last sound was sent its echo may come: the client's buffer, the room, and the way back.
TAIL_MS = 1000
# What was sent longer ago was heard while no microphone was: audio is sent a fifth of a second ahead.
STALE_S = 1.0
# Of a voice that begins over an echo: what is not clearly louder is taken out with it. Of 90 clips, in every
# tenth 60 to 105 ms or more; a word of one syllable that is believed without an echo is to be with one.
MASKED_MS = 80.0
# Nothing is sent so far ahead.
MOST_MS = 2000


class Canceller(Protocol):
    """Knows one caller's loudspeaker, room and microphone by what it has heard so far."""

    def cancel(self, heard: Int16, heard_hz: int, played: Int16, played_hz: int) -> Int16:
        """Return 10 ms of what was `heard` without the echo of what was `played` then or before."""
        ...


class _Played(NamedTuple):
    samples: Int16
    rate_hz: int
    sent_s: float


class OwnVoice:
    """One caller's. From a second after the agent's last sound on, audio passes as it is."""

    def __init__(self, make: Callable[[], Canceller]) -> None:
        self._make = make
        self.forget()

    def forget(self) -> None:
        """Expect another loudspeaker and another microphone."""
        self._canceller: Canceller | None = None
        self._finder = EchoFinder()
        self._double_talk = DoubleTalk()
        self._played: deque[_Played] = deque(maxlen=MOST_MS // FRAME_MS)
        self._part, self._part_hz = np.zeros(0, np.int16), 0
        self._rest = b""  # of the microphone's, less than a frame
        self._rest_wire: WireFormat | None = None
        self._left = 0  # frames of the microphone in which an echo may yet come

    @property
    def masked_ms(self) -> float:
        """How much of a voice that has just begun was lost in what is taken out."""
        masks = self._finder.echo is not Echo.ABSENT and (self._played or self._left)
        return MASKED_MS if masks else 0.0

    def played(self, audio: bytes, wire: WireFormat) -> None:
        """Note that `audio` was sent to the caller."""
        samples = decode(audio, wire.encoding)
        if self._part_hz == wire.rate_hz and len(self._part):
            samples = np.concatenate([self._part, samples])
        whole = len(samples) - len(samples) % _frame_samples(wire)
        now_s = asyncio.get_running_loop().time()
        for start in range(0, whole, _frame_samples(wire)):
            frame = samples[start : start + _frame_samples(wire)]
            self._played.append(_Played(frame, wire.rate_hz, now_s))
        self._part, self._part_hz = samples[whole:], wire.rate_hz
        self._left = TAIL_MS // FRAME_MS

    def taken_out_of(self, audio: bytes, wire: WireFormat) -> bytes:
        """Return `audio`, whole samples of the microphone's, without it; up to 10 ms come with the next."""
        audio = (self._rest if self._rest_wire == wire else b"") + audio
        self._rest = b""
        if not self._played and not self._left:
            return audio
        size = _frame_samples(wire) * SAMPLE_BYTES[wire.encoding]
        whole = len(audio) - len(audio) % size
        self._rest, self._rest_wire = audio[whole:], wire
        left = bytearray()
        for start in range(0, whole, size):
            if not self._played and not self._left:
                # Minutes may come at once, and an echo of a second is long over then.
                return bytes(left) + audio[start:whole]
            left += self._without(audio[start : start + size], wire)
        return bytes(left)

    def _without(self, audio: bytes, wire: WireFormat) -> bytes:
        played = self._next_played(wire)
        heard = decode(audio, wire.encoding)
        echo = self._finder.add(heard, played.samples)
        self._double_talk.note(heard, played.samples)
        if echo is Echo.ABSENT:
            self._canceller = None
            self._double_talk.forget()
            return audio
        if self._canceller is None:
            self._canceller = self._make()
        left = self._canceller.cancel(heard, wire.rate_hz, played.samples, played.rate_hz)
        if echo is Echo.UNKNOWN:
            # It would take a caller for an echo as long as it knows none.
            return audio if self._finder.too_loud else encode(left, wire.encoding)
        return encode(self._double_talk.choose(heard, left, self._finder.late), wire.encoding)

    def _next_played(self, wire: WireFormat) -> _Played:
        stale_s = asyncio.get_running_loop().time() - STALE_S
        while self._played and self._played[0].sent_s < stale_s:
            self._played.popleft()
        if self._played:
            return self._played.popleft()
        self._left = max(self._left - 1, 0)
        return _Played(np.zeros(_frame_samples(wire), np.int16), wire.rate_hz, 0.0)


def _frame_samples(wire: WireFormat) -> int:
    return wire.rate_hz * FRAME_MS // 1000
