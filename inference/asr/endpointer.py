"""Where utterances begin, pause and end, told from chunk to chunk. Pure: no clock but the sample index.

    silence --voice--> speech --hush_ms of silence--> hush --pause_ms--> pause --silence_ms--> silence
                         ^---------voice----------------'------------------'

What is decoded as one is a *piece*. An utterance has one piece, unless a caller talks for longer than
Whisper's window takes (cut at the quietest point) or is silent inside it for long (external mode; the
piece is settled).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from antiphon.audio import RECOGNITION_RATE_HZ
from inference.asr.detector import CHUNK_MS, CHUNK_SAMPLES

# Two chunks: one alone above the threshold is a click more often than a word.
START_MS = 64
# A soft first consonant lies before what the network takes for voice.
PREROLL_MS = 320
# Whisper's window is 30 s, and 1 s of it is kept as padding.
LONGEST_PIECE_MS = 28_000
# Where a cut is looked for: wide enough to hold a breath.
CUT_WITHIN_MS = 8_000
# Long silence inside Whisper's window makes it invent text; sentences across such a gap share little context.
SETTLE_MS = 1_500
# A television talks on for ever, and its text would pile up in an utterance that no client ends.
LONGEST_UTTERANCE_MS = 600_000


@dataclass(frozen=True, slots=True)
class Rules:
    """When voice counts and when silence is long enough; `silence_ms` None: the client decides.

    `preroll_ms` is how much audio before its first voice belongs to an utterance.
    """

    start_probability: float = 0.5
    stop_probability: float = 0.35
    hush_ms: float = 96
    pause_ms: float = 192
    silence_ms: float | None = 500
    preroll_ms: float = PREROLL_MS


@dataclass(frozen=True, slots=True)
class Started:
    """An utterance opened: voice from `at`, its audio worth decoding from `audio_from`.

    `voiced_before_ms` is the stream's voice up to there.
    """

    at: int
    audio_from: int
    voiced_before_ms: float


@dataclass(frozen=True, slots=True)
class Hushed:
    """No voice for a moment, since `at`: worth decoding what was said, so that it is there at the pause."""

    at: int


@dataclass(frozen=True, slots=True)
class Paused:
    """The voice ended at `at`, long enough ago to tell."""

    at: int


@dataclass(frozen=True, slots=True)
class Resumed:
    """Voice again from `at` after a hush or pause; after a `Settled` a piece begins at `audio_from`."""

    at: int
    audio_from: int
    voiced_before_ms: float


@dataclass(frozen=True, slots=True)
class Settled:
    """The piece will not grow: what was decoded at the pause stands."""


@dataclass(frozen=True, slots=True)
class Cut:
    """The piece ends at `at` in the midst of speech, and the next begins there.

    `voiced_ms` is the stream's voice up to there.
    """

    at: int
    voiced_ms: float


@dataclass(frozen=True, slots=True)
class Ended:
    """The utterance is over; its voice ended at `at`."""

    at: int


Event = Started | Hushed | Paused | Resumed | Settled | Cut | Ended


@dataclass(frozen=True, slots=True)
class _Chunk:
    end: int
    level_db: float
    voiced_ms: float


class Endpointer:
    """One stream's endpointing; positions are samples from the start of the stream."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._pause_ms = min(rules.pause_ms, rules.silence_ms or rules.pause_ms)
        self._hush_ms = min(rules.hush_ms, self._pause_ms)
        self._position = 0
        self._floor = 0  # audio before this belongs to utterances that are over
        self._open = self._hushed = self._paused = self._settled = self._voiced = False
        self._onset = 0  # voiced chunks in a row that are not yet taken for speech
        self._voiced_chunks = 0
        self._started_at = self._piece_from = self._voice_end = 0
        self._recent: deque[_Chunk] = deque(maxlen=int(CUT_WITHIN_MS / CHUNK_MS))

    @property
    def speaking(self) -> bool:
        """Whether the last chunk was voice of an open utterance."""
        return self._open and self._voiced

    @property
    def voiced_ms(self) -> float:
        """How much voice the stream has had."""
        return self._voiced_chunks * CHUNK_MS

    def feed(self, probability: float, level_db: float) -> list[Event]:
        """Return what the next chunk, voice with `probability` and `level_db` loud, brings about."""
        self._position += CHUNK_SAMPLES
        events = self._hear(probability)
        self._recent.append(_Chunk(self._position, level_db, self.voiced_ms))
        if not self._voiced and not self._onset:
            events += self._wait()
        return events + self._bound()

    def finish(self) -> list[Event]:
        """Return what the client's decision to end the utterance brings about."""
        return self._end() if self._open else []

    def _hear(self, probability: float) -> list[Event]:
        if self._voiced and probability >= self._rules.stop_probability:
            self._voiced_chunks += 1
            self._voice_end = self._position
            return []
        self._voiced = False
        self._onset = self._onset + 1 if probability >= self._rules.start_probability else 0
        if self._onset * CHUNK_MS < START_MS:
            return []
        return self._begin(self._position - self._onset * CHUNK_SAMPLES)

    def _begin(self, at: int) -> list[Event]:
        before_ms = self.voiced_ms
        self._voiced = True
        self._voiced_chunks += self._onset
        self._onset = 0
        self._voice_end = self._position
        audio_from = max(at - _samples(self._rules.preroll_ms), self._floor)
        if not self._open:
            self._open = True
            self._started_at, self._piece_from = at, audio_from
            return [Started(at, audio_from, before_ms)]
        if not self._hushed:
            return []
        if self._settled:
            self._piece_from = audio_from
        self._hushed = self._paused = self._settled = False
        return [Resumed(at, audio_from, before_ms)]

    def _wait(self) -> list[Event]:
        if not self._open:
            return []
        silence_ms = _ms(self._position - self._voice_end)
        events: list[Event] = []
        if not self._hushed and silence_ms >= self._hush_ms:
            self._hushed = True
            self._floor = self._position
            events.append(Hushed(self._voice_end))
        if not self._paused and silence_ms >= self._pause_ms:
            self._paused = True
            events.append(Paused(self._voice_end))
        if self._rules.silence_ms is not None and silence_ms >= self._rules.silence_ms:
            events += self._end()
        elif not self._settled and silence_ms >= SETTLE_MS:
            events += self._settle()
        return events

    def _bound(self) -> list[Event]:
        if not self._open:
            return []
        if not self._paused and _ms(self._position - self._started_at) >= LONGEST_UTTERANCE_MS:
            return self._end()
        if self._settled or _ms(self._position - self._piece_from) < LONGEST_PIECE_MS:
            return []
        if self._paused:
            return self._settle()
        return [] if self._hushed else self._cut()

    def _settle(self) -> list[Event]:
        self._settled = True
        return [Settled()]

    def _cut(self) -> list[Event]:
        chunks = list(self._recent)
        quietest = min(
            range(1, len(chunks) - 1), key=lambda i: sum(c.level_db for c in chunks[i - 1 : i + 2])
        )
        at = chunks[quietest].end - CHUNK_SAMPLES // 2
        self._piece_from = self._floor = at
        return [Cut(at, chunks[quietest].voiced_ms)]

    def _end(self) -> list[Event]:
        if not self._hushed:
            self._floor = self._position
        self._open = self._hushed = self._paused = self._settled = self._voiced = False
        self._onset = 0
        return [Ended(self._voice_end)]


def _samples(ms: float) -> int:
    return int(ms * RECOGNITION_RATE_HZ / 1000)


def _ms(samples: int) -> float:
    return samples * 1000 / RECOGNITION_RATE_HZ
