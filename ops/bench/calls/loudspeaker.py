"""What a caller's loudspeaker plays of what comes, without a buffer that would hide anything. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from antiphon.audio import Encoding, Int16, decode
from ops.bench.calls.record import RATE_HZ, Record, first_audible_ms, window_levels_db

# The reply's loud parts, less this: MEASURES' bound of silence.
BELOW_REPLY_DB = 30.0
LOUD_RANK = 95
WINDOW_MS = 10.0
# The voice itself is silent for up to 250 ms, between two clauses; who is ducked is silent for longer.
SILENT_MS = 300.0
# What comes after so long a silence is the reply going on, though that may be told a moment later.
GOES_ON_MS = 200.0


class Loudspeaker:
    """Plays audio from when it came, or from the end of what came before; times are ms of the call."""

    def __init__(self) -> None:
        self._pieces: list[tuple[int, Int16]] = []
        self._end = 0

    def play(self, audio: Int16, at_ms: float) -> None:
        """Take audio that came at `at_ms`."""
        start = max(self._end, _samples(at_ms))
        self._pieces.append((start, audio))
        self._end = start + len(audio)

    def clear(self, at_ms: float) -> None:
        """Throw away what has not been heard."""
        now = _samples(at_ms)
        kept = [(start, audio[: now - start]) for start, audio in self._pieces if start < now]
        self._pieces, self._end = kept, min(self._end, now)

    def between(self, start_ms: float, end_ms: float) -> Int16:
        """Return what sounded between two times, silence where nothing did."""
        first, last = _samples(start_ms), _samples(end_ms)
        heard = np.zeros(last - first, np.int16)
        for start, audio in reversed(self._pieces):
            if start + len(audio) <= first:
                break
            piece = audio[max(first - start, 0) : max(last - start, 0)]
            offset = max(start - first, 0)
            heard[offset : offset + len(piece)] = piece
        return heard


@dataclass(slots=True)
class Listened(Record):
    """A record with what was heard, and when packets came in which there is something to hear."""

    loudspeaker: Loudspeaker = field(default_factory=Loudspeaker)
    packets_ms: list[float] = field(default_factory=list)
    states_ms: list[tuple[float, str]] = field(default_factory=list)
    # How late the caller's own frames were at most: figures of a busy machine are no figures.
    late_ms: float = 0.0

    def audio(self, audio: bytes, at_ms: float) -> None:
        """Play audio of the reply that was announced last."""
        Record.audio(self, audio, at_ms)
        samples = decode(audio, Encoding.PCM_S16LE)
        # Over WebRTC a packet comes every 20 ms for as long as the call lasts, whether or not anybody speaks.
        if first_audible_ms(samples) is not None:
            self.packets_ms.append(at_ms)
        self.loudspeaker.play(samples, at_ms)

    def event(self, event: dict[str, object], at_ms: float) -> None:
        """Take a server event, and fall silent where it says so."""
        Record.event(self, event, at_ms)
        match event["type"]:
            case "output_audio_buffer.cleared":
                self.loudspeaker.clear(at_ms)
            case "antiphon.state":
                self.states_ms.append((at_ms, str(event["state"])))

    def silent_ms(self, after_ms: float, until_ms: float) -> float | None:
        """Return the end of the last audible 10 ms before the first silence after `after_ms`.

        None where the reply sounds on until `until_ms`; `after_ms` itself where it was silent then.
        """
        before = _levels(self.loudspeaker, after_ms - 1500, after_ms)
        audible_db = float(np.percentile(before, LOUD_RANK)) - BELOW_REPLY_DB
        audible = _levels(self.loudspeaker, after_ms, until_ms) > audible_db
        run = int(SILENT_MS / WINDOW_MS)
        for window in range(len(audible) - run + 1):
            if not audible[window : window + run].any():
                return after_ms + window * WINDOW_MS
        return None

    def last_packet_after_decision_ms(self, after_ms: float) -> float | None:
        """Return how long audible packets still came after the gateway told that it is silent.

        None where it did not tell. A lower bound of the time from its decision to the last packet: nothing
        that it sends marks the decision itself, and it tells that it is silent once it has stopped, so what
        left in between counts 0. Over WebSocket and gRPC audio and events are one stream, in order: what
        comes after the telling left after it. Over WebRTC audio comes by a way of its own, and the
        receiver's buffer is in the figure, which then bounds nothing.
        """
        told = [at for at, state in self.states_ms if state == "listening" and at >= after_ms]
        if not told:
            return None
        last_ms = told[0]
        for at in self.packets_ms:
            if last_ms <= at < last_ms + GOES_ON_MS:
                last_ms = at
        return last_ms - told[0]


def _levels(loudspeaker: Loudspeaker, start_ms: float, end_ms: float) -> NDArray[np.float64]:
    return window_levels_db(loudspeaker.between(max(start_ms, 0), end_ms))


def _samples(ms: float) -> int:
    return round(ms * RATE_HZ / 1000)
