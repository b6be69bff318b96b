"""One utterance: has its partials, its pause and its final decoded, and tells them in order."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Hashable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from antiphon.audio import RECOGNITION_RATE_HZ, Float32, to_float
from antiphon.v1.recognizer_pb2 import RecognizeResponse
from inference.asr import heard as tell
from inference.asr.config import Listening
from inference.asr.decoder import Decoder
from inference.asr.endpointer import Endpointer
from inference.asr.engine import Hypothesis, Speech
from inference.asr.gates import is_looping, is_said
from inference.asr.heard import Heard, believe, milliseconds
from inference.asr.history import History
from inference.asr.job import Decoded, Job, Urgency
from inference.asr.pace import Pace
from inference.asr.stopwatch import Stopwatch
from inference.asr.transcript import join, stable_chars
from inference.asr.voice_end import voice_end

# A stream's partials take a third of the engine at most: the next waits for twice what the last one cost.
PARTIAL_REST = 2.0

Emit = Callable[[RecognizeResponse], Awaitable[None]]
JudgeTurn = Callable[[Float32], Coroutine[Any, Any, float]]


@dataclass(frozen=True, slots=True)
class Ears:
    """What the utterances of a stream share."""

    listening: Listening
    history: History
    endpointer: Endpointer
    decoder: Decoder
    judge: JudgeTurn | None
    stopwatch: Stopwatch
    tasks: asyncio.TaskGroup
    emit: Emit
    pace: Pace = field(default_factory=Pace)
    caller: Hashable = field(default_factory=object)  # whose stream it is; its own, where not told


class Utterance:
    """From its first voice, at `start`, to its final; `audio_from` is where its first piece begins."""

    def __init__(self, ears: Ears, start: int, audio_from: int, voiced_before_ms: float) -> None:
        self._ears = ears
        self._start = start
        self._piece_from = audio_from
        self._voiced_before_ms = voiced_before_ms
        self._pieces: list[asyncio.Task[Heard]] = []
        self._partial: asyncio.Task[None] | None = None
        self._partial_due = start + ears.listening.first_partial_samples
        self._partial_end = start
        self._partial_voiced_ms = 0.0
        self._partial_text = ""
        self._hearing: asyncio.Task[Heard] | None = None
        self._judging: asyncio.Task[float | None] | None = None
        self._hushed: asyncio.Task[None] | None = None
        self._pause: asyncio.Task[Heard] | None = None
        self._pause_told = False
        self._paused_at = start
        self._settled = False
        self._over = asyncio.Event()

    @property
    def audio_from(self) -> int:
        """The first position of audio that is still needed."""
        return self._ears.history.end if self._settled else self._piece_from

    def ask_partial(self) -> None:
        """Have what was said so far decoded, where that is due; one at a time."""
        ears = self._ears
        idle = self._partial is None or self._partial.done()
        if ears.listening.partial_samples and idle and ears.history.end >= self._partial_due:
            self._partial_due = ears.history.end + ears.listening.partial_samples
            self._partial = ears.tasks.create_task(self._tell_partial())

    async def hush(self, at: int) -> None:
        """Decode and judge what was said, in case it was all: the voice ended at `at`.

        Of a stream that runs ahead what follows is about to be heard: there it waits until that is known, or
        a file would have the engine decode at each breath, before the callers' finals.
        """
        self._drop_partial()
        speech = self._take()
        self._over = asyncio.Event()
        if self._ears.pace.is_paced(asyncio.get_running_loop().time()):
            self._over.set()
        self._hearing = self._ears.tasks.create_task(self._hear(speech, self._over))
        self._judging = self._ears.tasks.create_task(self._judge(speech.samples, self._over))
        if self._ears.listening.hushes:
            await self._ears.emit(tell.hushed(at))
            ended = self._piece_from + voice_end(speech.samples, at - self._piece_from)
            telling = self._tell_hush(ended, self._hearing, [*self._pieces])
            self._hushed = self._ears.tasks.create_task(telling)

    def pause(self, at: int) -> None:
        """After a hush, tell what was decoded: the detector ended the voice at `at`."""
        if self._hearing is None or self._judging is None:
            raise RuntimeError("a pause without a hush")
        self._pause_told = False
        if self._ears.listening.rules.silence_ms is None:
            self._over.set()  # the client waits for it, to decide
        samples = self._take().samples
        self._paused_at = self._piece_from + voice_end(samples, at - self._piece_from)
        telling = self._tell_pause(self._paused_at, self._hearing, self._judging, [*self._pieces])
        self._pause = self._ears.tasks.create_task(telling)

    def settle(self) -> None:
        """Let the pause's text stand whatever follows, and its audio go."""
        self._settled = True
        self._over.set()

    async def resume(self, at: int, audio_from: int, voiced_before_ms: float) -> None:
        """Take hush and pause back, or keep the pause's text as a piece where it was settled."""
        self._drop_hush()
        hearing, judging, pause = self._hearing, self._judging, self._pause
        self._hearing = self._judging = self._pause = None
        self._partial_due = self._ears.history.end
        if pause is not None and self._settled:
            self._settled = False
            self._pieces.append(pause)
            self._begin_piece(audio_from, voiced_before_ms)
            await pause
        pause_told = pause is not None and self._pause_told
        if not pause_told:
            for task in (pause, judging, hearing):
                if task is not None:
                    task.cancel()
        if pause_told or self._ears.listening.hushes:
            await self._ears.emit(tell.resumed(at))

    async def cut(self, at: int, voiced_ms: float) -> None:
        """End a piece at `at` in the midst of speech; waits for the piece before it, so that none pile up."""
        self._drop_partial()
        if self._pieces:
            await self._pieces[-1]
        self._pieces.append(self._ears.tasks.create_task(self._hear(self._take(at, voiced_ms))))
        self._begin_piece(at, voiced_ms)

    def end(self, at: int) -> asyncio.Task[None]:
        """Close the utterance; return the task that tells its final.

        The detector ended its voice at `at`; where it paused then, that end was told more exactly.
        """
        self._drop_partial()
        self._drop_hush()
        self._over.set()
        from_pause = self._pause is not None
        at = self._paused_at if from_pause else at
        last = self._pause or self._hearing
        if last is None:
            last = self._ears.tasks.create_task(self._hear(self._take()))
        return self._ears.tasks.create_task(self._tell_final(at, last, from_pause=from_pause))

    def _begin_piece(self, audio_from: int, voiced_before_ms: float) -> None:
        self._piece_from = audio_from
        self._voiced_before_ms = voiced_before_ms
        self._partial_text = ""

    def _drop_partial(self) -> None:
        if self._partial is not None:
            self._partial.cancel()
            self._partial = None

    def _drop_hush(self) -> None:
        if self._hushed is not None:
            self._hushed.cancel()
            self._hushed = None

    def _take(self, end: int | None = None, voiced_ms: float | None = None) -> Speech:
        """Return the piece up to `end` and the stream's voice until there, both now if not told."""
        ears, listening = self._ears, self._ears.listening
        samples = ears.history.between(self._piece_from, ears.history.end if end is None else end)
        return Speech(
            samples=to_float(samples),
            start_ms=milliseconds(self._piece_from),
            language=listening.language,
            word_times=listening.word_times,
            voiced_ms=(ears.endpointer.voiced_ms if voiced_ms is None else voiced_ms)
            - self._voiced_before_ms,
            voiced_before_ms=self._voiced_before_ms,
            script=listening.script,
            phrases=listening.phrases,
            max_alternatives=listening.max_alternatives,
        )

    def _take_partial(self) -> Speech | None:
        # Once silence begins the pause's decode is next, and a partial would only be in its way.
        if not self._ears.endpointer.speaking:
            return None
        self._partial_end = self._ears.history.end
        speech = replace(self._take(), draft=True, word_times=False, max_alternatives=0)
        self._partial_voiced_ms = speech.voiced_ms
        return speech

    async def _tell_partial(self) -> None:
        length = self._ears.history.end - self._piece_from
        decoded = await self._decode(self._job(Urgency.PARTIAL, self._take_partial, length))
        if decoded is None:
            return
        rest_ms = decoded.timing.compute_ms * PARTIAL_REST
        rested = self._ears.history.end + int(rest_ms * RECOGNITION_RATE_HZ / 1000)
        self._partial_due = max(self._partial_due, rested)
        hypothesis = decoded.hypothesis
        if hypothesis.text and self._is_believed(hypothesis):
            text, stable = self._so_far(hypothesis)
            await self._ears.emit(tell.partial(text, stable, self._partial_end))

    def _is_believed(self, hypothesis: Hypothesis) -> bool:
        # Of 250 ms of voice, a cough as well as a word, Whisper often makes a "you".
        return not is_looping(hypothesis) and is_said(hypothesis, self._partial_voiced_ms)

    def _so_far(self, hypothesis: Hypothesis) -> tuple[str, int]:
        """Return the whole text with `hypothesis` for the piece in progress, and how much of it is stable."""
        before = [piece.result().text for piece in self._pieces if piece.done()]
        text = join([*before, hypothesis.text], hypothesis.language)
        stable = stable_chars(self._partial_text, hypothesis.text, hypothesis.language)
        self._partial_text = hypothesis.text
        return text, len(text) - len(hypothesis.text) + stable

    async def _tell_hush(
        self, ended: int, hearing: asyncio.Task[Heard], before: list[asyncio.Task[Heard]]
    ) -> None:
        """Tell a hush again, with its exact end and its text, where these are known before the pause."""
        text = tell.text_of([await asyncio.shield(task) for task in (*before, hearing)])
        judged = self._judging is not None and self._judging.done()
        told_now = self._pause is not None and judged
        if text and not told_now:
            await self._ears.emit(tell.hushed(ended, text))

    async def _tell_pause(
        self,
        at: int,
        hearing: asyncio.Task[Heard],
        judging: asyncio.Task[float | None],
        before: list[asyncio.Task[Heard]],
    ) -> Heard:
        # Shielded: a pause that is taken back must not take along what the final needs.
        heard = replace(await asyncio.shield(hearing), end_of_turn=await asyncio.shield(judging))
        pieces = [*[await asyncio.shield(piece) for piece in before], heard]
        self._pause_told = True
        await self._ears.emit(tell.pause(at, pieces))
        return heard

    async def _tell_final(self, at: int, last: asyncio.Task[Heard], *, from_pause: bool) -> None:
        pieces = [await piece for piece in [*self._pieces, last]]
        await self._ears.emit(tell.final(self._start, at, pieces, from_pause=from_pause))

    async def _hear(self, speech: Speech, over: asyncio.Event | None = None) -> Heard:
        if over is not None:
            await over.wait()
        job = self._job(Urgency.FINAL, lambda: speech, len(speech.samples))
        decoded = await self._decode(job)
        if decoded is None:
            raise RuntimeError("a decoder dropped speech that was wanted")
        return believe(decoded, speech)

    def _job(self, urgency: Urgency, take: Callable[[], Speech | None], samples: int) -> Job:
        ears, listening = self._ears, self._ears.listening
        return Job(
            urgency,
            take,
            stream=ears.caller,
            seconds=samples / RECOGNITION_RATE_HZ,
            bulk=not self._is_live(),
            kind=(listening.phrases, listening.max_alternatives),
        )

    def _is_live(self) -> bool:
        return self._ears.pace.is_live(asyncio.get_running_loop().time())

    async def _decode(self, job: Job) -> Decoded | None:
        decoded = await self._ears.decoder.decode(job)
        if decoded is not None:
            self._ears.stopwatch.add(decoded.timing)
        return decoded

    async def _judge(self, samples: Float32, over: asyncio.Event) -> float | None:
        """Return what the turn model makes of `samples`, which end in a hush, as if it were a pause already.

        Nobody waits for a turn in a file, which would have all callers wait for the model: None there.
        The model waits for no more of the silence: it is told that it goes on as it began. So asked it
        tells ends of turns from other pauses as well (area under the curve 0.77, after the silence itself
        0.76, of 220 pauses), and its answer is there when the pause is.
        """
        await over.wait()
        judge, rules = self._ears.judge, self._ears.listening.rules
        if judge is None or not self._is_live():
            return None
        hush = samples[-_samples(rules.hush_ms) :]
        silence = np.resize(hush, max(_samples(rules.pause_ms - rules.hush_ms), 0))
        return await judge(np.concatenate([samples, silence]))


def _samples(ms: float) -> int:
    return int(ms * RECOGNITION_RATE_HZ / 1000)
