"""A stream of audio, from detector to finals."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from antiphon.audio import Int16
from inference.asr.detector import CHUNK_SAMPLES
from inference.asr.endpointer import LONGEST_PIECE_MS, Rules
from inference.asr.engine import Script
from inference.asr.pace import LIVE_LEAD_S
from inference.asr.simulated import SimulatedDecoder
from inference.asr.stream import FILE_REST, Stream, kept_samples, level_db
from tests.inference.asr.hearing import (
    FakeDecoder,
    LoudIsVoice,
    Told,
    ears,
    listening,
    play,
    silence,
    told_by,
    voice,
)
from tests.virtual_time import VirtualTimeLoop, run_virtual

SENTENCE = np.concatenate([silence(10), voice(30), silence(20)])
KEPT_SAMPLES = kept_samples(Rules())


def test_an_utterance_from_start_to_end() -> None:
    async def scene(stream: Stream) -> None:
        await play(stream, SENTENCE)
        await stream.end()

    told = run_virtual(told_by(scene, listening(partial_ms=400), FakeDecoder()))
    assert told.kinds == ["speech_started", "partial", "partial", "pause", "final"]
    assert told.events[0].speech_started.start_ms == 320
    assert told.events[-1].final.end_ms == 40 * 32


@pytest.mark.parametrize("size", [1, 160, 511, 512, 4096, 10_000])
def test_pieces_of_any_size_make_no_difference(size: int) -> None:
    async def scene(stream: Stream) -> None:
        for start in range(0, len(SENTENCE), size):
            await stream.hear(SENTENCE[start : start + size])
        await stream.end()

    told = run_virtual(told_by(scene, listening(), FakeDecoder()))
    assert (told.kinds, told.texts) == (["speech_started", "pause", "final"], ["960 ms"])


def test_speech_still_open_at_the_end_is_finalised() -> None:
    async def scene(stream: Stream) -> None:
        await stream.hear(np.concatenate([voice(10), voice(1)[:200]]))
        await stream.end()

    told = run_virtual(told_by(scene, listening(None), FakeDecoder()))
    assert (told.kinds, told.texts) == (["speech_started", "final"], ["352 ms"])


def test_nothing_heard_nothing_told() -> None:
    async def scene(stream: Stream) -> None:
        await stream.end()

    assert run_virtual(told_by(scene, listening(), FakeDecoder())).events == []


def test_finish_at_a_pause_answers_with_its_text_at_once() -> None:
    async def scene(stream: Stream) -> None:
        await play(stream, SENTENCE)
        before = asyncio.get_running_loop().time()
        await stream.finish_utterance()
        await stream.end()
        assert asyncio.get_running_loop().time() == before

    told = run_virtual(told_by(scene, listening(None), FakeDecoder()))
    assert told.kinds == ["speech_started", "pause", "final"]
    assert told.events[-1].final.from_pause


def test_finish_with_nothing_open_is_answered_after_what_is_under_way() -> None:
    async def scene(stream: Stream) -> None:
        await stream.hear(SENTENCE)
        await stream.finish_utterance()
        await stream.finish_utterance()

    told = run_virtual(told_by(scene, listening(), FakeDecoder()))
    assert told.kinds == ["speech_started", "pause", "final", "final", "final"]
    assert told.texts == ["960 ms", "", ""]


def test_an_utterance_opens_only_when_the_last_is_closed() -> None:
    async def scene(stream: Stream) -> None:
        for _ in range(3):
            await stream.hear(SENTENCE)
        await stream.end()

    told = run_virtual(told_by(scene, listening(), FakeDecoder(delay_s=5)))
    assert told.kinds == ["speech_started", "pause", "final"] * 3


def test_the_text_does_not_depend_on_how_fast_it_is_fed() -> None:
    script = Script(" ".join(map(str, range(40))), 4 * 960)
    audio = np.concatenate([voice(30), silence(8), voice(30), silence(20), voice(60), silence(20)])

    async def slowly(stream: Stream) -> None:
        await play(stream, audio)
        await stream.end()

    async def at_once(stream: Stream) -> None:
        await stream.hear(audio)
        await stream.end()

    texts = [
        run_virtual(told_by(scene, listening(script=script), SimulatedDecoder(60, 0))).texts
        for scene in (slowly, at_once)
    ]
    assert texts[0] == texts[1]
    assert " ".join(texts[0]) == script.text


def test_a_pause_taken_back_by_voice_is_one_utterance() -> None:
    async def scene(stream: Stream) -> None:
        await play(stream, np.concatenate([voice(20), silence(10), voice(20), silence(20)]))
        await stream.end()

    told = run_virtual(told_by(scene, listening(), FakeDecoder()))
    assert told.kinds == ["speech_started", "pause", "speech_resumed", "pause", "final"]
    assert told.texts == ["1280 ms"]


def test_long_silence_inside_an_external_utterance_is_not_kept() -> None:
    async def main() -> int:
        told = Told()
        async with asyncio.TaskGroup() as tasks:
            shared = ears(listening(None), FakeDecoder(), told, tasks)
            stream = Stream(shared, LoudIsVoice())
            await stream.hear(np.concatenate([voice(20), silence(3000)]))
            kept = shared.history.end - shared.history.start
            await stream.hear(voice(20))
            await stream.end()
        assert told.kinds == ["speech_started", "pause", "speech_resumed", "final"]
        assert told.texts == ["640 ms 640 ms"]
        return kept

    assert run_virtual(main()) <= KEPT_SAMPLES + CHUNK_SAMPLES


@pytest.mark.parametrize(("preroll_ms", "chunks"), [(0, 0), (320, 10), (3200, 100), (5000, 120)])
def test_an_utterance_has_the_preroll_that_was_asked_for(preroll_ms: float, chunks: int) -> None:
    decoder = FakeDecoder()
    how = replace(listening(), rules=Rules(preroll_ms=preroll_ms))

    async def scene(stream: Stream) -> None:
        await stream.hear(np.concatenate([silence(120), voice(30)]))
        await stream.end()

    run_virtual(told_by(scene, how, decoder))
    assert len(decoder.speeches[-1].samples) == (chunks + 30) * CHUNK_SAMPLES


@pytest.mark.parametrize("what", [silence, voice])
def test_a_long_stream_keeps_no_more_than_a_piece(what: Callable[[int], Int16]) -> None:
    decoder = FakeDecoder(0.0)

    async def main() -> list[int]:
        kept = []
        async with asyncio.TaskGroup() as tasks:
            shared = ears(listening(None), decoder, Told(), tasks)
            stream = Stream(shared, LoudIsVoice())
            for _ in range(30):
                await stream.hear(what(900))
                kept.append(shared.history.end - shared.history.start)
            await stream.end()
        return kept

    assert max(run_virtual(main())) <= LONGEST_PIECE_MS * 16 + 2 * KEPT_SAMPLES
    assert all(len(speech.samples) <= 29 * 16_000 for speech in decoder.speeches)
    assert bool(decoder.speeches) is (what is voice)


def test_a_stream_that_runs_ahead_lets_others_live() -> None:
    async def main() -> int:
        ticks = 0

        async def other() -> None:
            nonlocal ticks
            while True:
                ticks += 1
                await asyncio.sleep(0)

        async with asyncio.TaskGroup() as tasks:
            stream = Stream(ears(listening(), FakeDecoder(), Told(), tasks), LoudIsVoice())
            beside = tasks.create_task(other())
            await stream.hear(silence(1600))
            beside.cancel()
        return ticks

    assert asyncio.run(main()) >= 100


class SlowLoop(VirtualTimeLoop):
    """Its time also passes while `work` is done."""

    worked_s = 0.0

    def time(self) -> float:
        return super().time() + self.worked_s

    def work(self, seconds: float) -> None:
        self.worked_s += seconds


@pytest.mark.parametrize("message", [3, 1600])
@pytest.mark.parametrize("live", [True, False])
def test_a_file_of_silence_leaves_callers_most_of_the_loop(message: int, live: bool) -> None:
    """However small the messages; what a caller says is rested from for no time."""
    loop = SlowLoop()

    class Working:
        def probability(self, chunk: Int16) -> float:
            loop.work(0.001)
            return 0.0

    async def main() -> float:
        async with asyncio.TaskGroup() as tasks:
            shared = ears(listening(), FakeDecoder(), Told(), tasks)
            if not live:
                shared.pace.hear(2 * LIVE_LEAD_S, loop.time())
            stream = Stream(shared, Working())
            for start in range(0, 160, message):
                await stream.hear(silence(min(message, 160 - start)))
        return loop.time()

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        took_s = runner.run(main())
    assert took_s == pytest.approx(0.160 * (1 if live else 1 + FILE_REST), abs=1e-6)


def test_levels() -> None:
    assert level_db(silence(1)) == pytest.approx(-30)
    assert level_db(voice(1)) == pytest.approx(60)


def test_a_file_is_told_from_a_caller() -> None:
    decoder = FakeDecoder()
    minute = np.tile(SENTENCE, 32)

    async def file(stream: Stream) -> None:
        await stream.hear(minute)
        await stream.end()

    async def caller(stream: Stream) -> None:
        await play(stream, minute)
        await stream.end()

    run_virtual(told_by(file, listening(), decoder))
    in_bulk = len(decoder.jobs)
    assert in_bulk == 32
    # It was served faster than it was long, so that it never was live.
    assert all(job.bulk for job in decoder.jobs)
    run_virtual(told_by(caller, listening(), decoder))
    assert not any(job.bulk for job in decoder.jobs[in_bulk:])


def test_a_file_stays_one_however_long_the_engine_keeps_it_waiting() -> None:
    decoder = FakeDecoder(delay_s=30)

    async def file(stream: Stream) -> None:
        for _ in range(4):
            await stream.hear(np.tile(SENTENCE, 8))
        await stream.end()

    run_virtual(told_by(file, listening(), decoder))
    assert [job.bulk for job in decoder.jobs] == [True] * 32
