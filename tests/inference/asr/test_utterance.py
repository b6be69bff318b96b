"""One utterance's partials, pause and final, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from antiphon.audio import Float32
from inference.asr.detector import CHUNK_MS, CHUNK_SAMPLES
from inference.asr.engine import Hypothesis, Phrase, Script, Speech, Word
from inference.asr.job import Urgency
from inference.asr.pace import LIVE_LEAD_S
from inference.asr.simulated import SimulatedDecoder
from inference.asr.utterance import Ears, JudgeTurn, Utterance
from tests.inference.asr.hearing import FakeDecoder, Told, ears, listening, silence, voice
from tests.virtual_time import run_virtual

Scene = Callable[[Utterance, Ears], Awaitable[None]]


def played(
    scene: Scene,
    decoder: FakeDecoder | SimulatedDecoder | None = None,
    partial_ms: float = 400,
    judge: JudgeTurn | None = None,
    script: Script | None = None,
    first_partial_ms: float | None = None,
    *,
    hushes: bool = False,
    silence_ms: float | None = None,
) -> Told:
    """Return what an utterance that began at 0 tells while `scene` plays."""

    async def main() -> Told:
        told = Told()
        how = listening(
            silence_ms, partial_ms, first_partial_ms, word_times=True, script=script, hushes=hushes
        )
        async with asyncio.TaskGroup() as tasks:
            shared = ears(how, decoder or FakeDecoder(), told, tasks, judge)
            await scene(Utterance(shared, 0, 0, 0.0), shared)
        return told

    return run_virtual(main())


async def speak(utterance: Utterance, shared: Ears, chunks: int) -> None:
    for _ in range(chunks):
        shared.history.append(voice(1))
        shared.endpointer.feed(1.0, 0.0)
        utterance.ask_partial()
        await asyncio.sleep(CHUNK_MS / 1000)


async def wait(shared: Ears, chunks: int) -> None:
    for _ in range(chunks):
        shared.history.append(silence(1))
        shared.endpointer.feed(0.0, 0.0)
        await asyncio.sleep(CHUNK_MS / 1000)


def test_partials_come_at_their_interval_and_only_from_voice() -> None:
    async def scene(utterance: Utterance, shared: Ears) -> None:
        await speak(utterance, shared, 40)
        await wait(shared, 40)

    told = played(scene)
    assert [event.partial.audio_ms for event in told.events] == [416, 832, 1248]


def test_the_first_partial_comes_as_soon_as_asked() -> None:
    async def scene(utterance: Utterance, shared: Ears) -> None:
        await speak(utterance, shared, 40)

    told = played(scene, first_partial_ms=256)
    assert [event.partial.audio_ms for event in told.events] == [256, 672, 1088]


def test_no_partials_unless_asked() -> None:
    async def scene(utterance: Utterance, shared: Ears) -> None:
        await speak(utterance, shared, 40)

    assert played(scene, partial_ms=0).events == []


def test_a_slow_engine_gets_fewer_partials() -> None:
    async def scene(utterance: Utterance, shared: Ears) -> None:
        await speak(utterance, shared, 100)

    assert len(played(scene, FakeDecoder(0.01)).events) == 7
    assert len(played(scene, FakeDecoder(0.5)).events) == 2


def test_a_partial_that_meets_silence_is_not_decoded() -> None:
    decoder = FakeDecoder()

    async def scene(utterance: Utterance, shared: Ears) -> None:
        await speak(utterance, shared, 12)
        shared.history.append(voice(1))
        utterance.ask_partial()
        shared.endpointer.feed(0.0, 0.0)

    assert played(scene, decoder).events == []
    assert decoder.speeches == []


def test_a_partial_under_way_is_dropped_at_the_pause() -> None:
    async def scene(utterance: Utterance, shared: Ears) -> None:
        await speak(utterance, shared, 13)
        await utterance.hush(0)
        utterance.pause(0)
        await asyncio.sleep(1)

    assert played(scene, FakeDecoder(0.2)).kinds == ["pause"]


def test_what_agrees_is_stable() -> None:
    async def scene(utterance: Utterance, shared: Ears) -> None:
        await speak(utterance, shared, 40)

    told = played(scene, SimulatedDecoder(10, 0), script=Script("one two three four", 1600))
    partials = [(event.partial.text, event.partial.stable_chars) for event in told.events]
    assert partials == [("one", 0), ("one two", 3), ("one two three", 7)]


NOTHING = Hypothesis("", "en")
LOOP = Hypothesis("loop loop", "en", complete=False)
WILD_GUESS = Hypothesis("you", "en", no_speech_probability=0.8, average_log_probability=-3.3)


@pytest.mark.parametrize("hypothesis", [NOTHING, LOOP, WILD_GUESS])
def test_what_is_not_believed_is_no_partial(hypothesis: Hypothesis) -> None:
    decoder = FakeDecoder(answer=lambda _: hypothesis)

    async def scene(utterance: Utterance, shared: Ears) -> None:
        await speak(utterance, shared, 40)

    assert played(scene, decoder).events == []


def test_the_pause_becomes_the_final() -> None:
    decoder = FakeDecoder()

    async def scene(utterance: Utterance, shared: Ears) -> None:
        await speak(utterance, shared, 10)
        await wait(shared, 6)
        await utterance.hush(0)
        utterance.pause(10 * CHUNK_SAMPLES)
        await asyncio.sleep(1)
        await utterance.end(10 * CHUNK_SAMPLES)

    told = played(scene, decoder)
    assert told.kinds == ["pause", "final"]
    pause, final = told.events[0].pause, told.events[1].final
    assert pause.text == final.text == "320 ms"
    assert final.from_pause
    assert (final.start_ms, final.end_ms, final.timing.compute_ms) == (0, 320, 50)
    assert len(decoder.speeches) == 1
    assert len(decoder.speeches[0].samples) == 16 * CHUNK_SAMPLES


def test_ended_before_the_pause_is_decoded_both_are_told() -> None:
    async def scene(utterance: Utterance, shared: Ears) -> None:
        await speak(utterance, shared, 10)
        await utterance.hush(0)
        utterance.pause(0)
        await utterance.end(0)

    assert played(scene, partial_ms=0).kinds == ["pause", "final"]


def test_ended_in_the_midst_of_speech() -> None:
    async def scene(utterance: Utterance, shared: Ears) -> None:
        await speak(utterance, shared, 5)
        await utterance.end(5 * CHUNK_SAMPLES)

    told = played(scene)
    assert told.kinds == ["final"]
    assert not told.events[0].final.from_pause


def test_a_pause_that_was_told_is_taken_back() -> None:
    async def scene(utterance: Utterance, shared: Ears) -> None:
        await speak(utterance, shared, 10)
        await utterance.hush(0)
        utterance.pause(0)
        await asyncio.sleep(1)
        await utterance.resume(8000, 0, 0)
        await speak(utterance, shared, 10)
        await utterance.end(0)

    told = played(scene)
    assert told.kinds == ["pause", "speech_resumed", "partial", "final"]
    assert told.events[1].speech_resumed.start_ms == 500
    assert told.texts == ["640 ms"]


def test_a_pause_that_was_not_yet_told_never_was() -> None:
    async def scene(utterance: Utterance, shared: Ears) -> None:
        await speak(utterance, shared, 10)
        await utterance.hush(0)
        utterance.pause(0)
        await asyncio.sleep(0.01)
        await utterance.resume(0, 0, 0)
        await utterance.resume(0, 0, 0)

    assert played(scene).kinds == []


def test_a_hush_that_was_none_is_forgotten() -> None:
    async def scene(utterance: Utterance, shared: Ears) -> None:
        await speak(utterance, shared, 10)
        await utterance.hush(0)
        await asyncio.sleep(0.01)
        await utterance.resume(0, 0, 0)
        await speak(utterance, shared, 10)
        await utterance.end(0)

    told = played(scene)
    assert told.kinds == ["partial", "final"]
    assert told.texts == ["640 ms"]


def test_hushes_are_told_at_once_where_asked_for_and_taken_back() -> None:
    async def scene(utterance: Utterance, shared: Ears) -> None:
        await speak(utterance, shared, 10)
        await utterance.hush(1000)
        await utterance.resume(3000, 0, 0.0)
        await utterance.hush(4000)
        utterance.pause(4000)
        await asyncio.sleep(1)
        await utterance.resume(30000, 0, 0.0)

    told = played(scene, hushes=True)
    hushed, resumed = "speech_hushed", "speech_resumed"
    assert told.kinds == [hushed, resumed, hushed, "pause", resumed]
    assert told.events[0].speech_hushed.end_ms == 62.5
    assert played(scene).kinds == ["pause", resumed]


def test_a_hush_is_told_again_with_its_text_where_that_comes_before_the_pause() -> None:
    async def judge(samples: Float32) -> float:
        await asyncio.sleep(0.3)
        return 0.25

    async def scene(utterance: Utterance, shared: Ears) -> None:
        await speak(utterance, shared, 10)
        await utterance.hush(10 * CHUNK_SAMPLES)
        await asyncio.sleep(0.1)
        utterance.pause(10 * CHUNK_SAMPLES)
        await asyncio.sleep(1)
        await utterance.resume(0, 0, 0)

    told = played(scene, FakeDecoder(0.05), 0, judge, hushes=True)
    assert told.kinds == ["speech_hushed", "speech_hushed", "pause", "speech_resumed"]
    hush, pause = told.events[1].speech_hushed, told.events[2].pause
    assert (hush.text, hush.end_ms) == (pause.text, pause.end_ms)
    assert "speech_hushed" not in played(scene, FakeDecoder(0.05), 0, judge).kinds


@pytest.mark.parametrize("ends", [True, False])
def test_the_text_of_a_hush_that_is_over_is_told_no_more(ends: bool) -> None:
    async def scene(utterance: Utterance, shared: Ears) -> None:
        await speak(utterance, shared, 10)
        await utterance.hush(0)
        if ends:
            await utterance.end(0)
        else:
            await utterance.resume(0, 0, 0)
        await asyncio.sleep(1)

    told = played(scene, FakeDecoder(0.05), 0, hushes=True)
    assert told.kinds == ["speech_hushed", "final" if ends else "speech_resumed"]


def test_a_hush_that_ends_while_it_is_decoded_loses_nothing() -> None:
    async def scene(utterance: Utterance, shared: Ears) -> None:
        await speak(utterance, shared, 10)
        await utterance.hush(0)
        await asyncio.sleep(0.01)
        await utterance.end(0)

    told = played(scene, FakeDecoder(0.05), 0, hushes=True)
    assert told.kinds == ["speech_hushed", "final"]
    assert told.texts == ["320 ms"]


@pytest.mark.parametrize("pauses", [True, False])
def test_a_piece_outlives_the_hush_and_the_pause_that_waited_for_it(pauses: bool) -> None:
    async def scene(utterance: Utterance, shared: Ears) -> None:
        await speak(utterance, shared, 20)
        await utterance.cut(10 * CHUNK_SAMPLES, 10 * CHUNK_MS)
        await utterance.hush(0)
        if pauses:
            utterance.pause(0)
        await asyncio.sleep(0.01)
        await utterance.resume(0, 10 * CHUNK_SAMPLES, 0)
        await utterance.end(0)

    told = played(scene, FakeDecoder(0.05), 0, hushes=True)
    assert told.kinds == ["speech_hushed", "speech_resumed", "final"]


def test_the_decode_begun_at_the_hush_serves() -> None:
    async def scene(utterance: Utterance, shared: Ears) -> None:
        await speak(utterance, shared, 10)
        await utterance.hush(0)
        await wait(shared, 3)
        began = asyncio.get_running_loop().time()
        utterance.pause(0)
        await utterance.end(0)
        assert asyncio.get_running_loop().time() == began

    assert played(scene, FakeDecoder(0.09)).kinds == ["pause", "final"]


def test_ended_at_the_hush() -> None:
    decoder = FakeDecoder()

    async def scene(utterance: Utterance, shared: Ears) -> None:
        await speak(utterance, shared, 10)
        await utterance.hush(0)
        await utterance.end(0)

    told = played(scene, decoder)
    assert told.kinds == ["final"]
    assert not told.events[0].final.from_pause
    assert len(decoder.speeches) == 1


def test_a_pause_needs_a_hush() -> None:
    async def scene(utterance: Utterance, shared: Ears) -> None:
        with pytest.raises(RuntimeError, match="hush"):
            utterance.pause(0)

    played(scene)


def test_a_settled_pause_stays_as_a_piece() -> None:
    decoder = FakeDecoder()

    async def scene(utterance: Utterance, shared: Ears) -> None:
        await speak(utterance, shared, 10)
        await utterance.hush(0)
        utterance.pause(0)
        utterance.settle()
        assert utterance.audio_from == shared.history.end
        await wait(shared, 60)
        await utterance.resume(0, 60 * CHUNK_SAMPLES, shared.endpointer.voiced_ms)
        await speak(utterance, shared, 20)
        await utterance.hush(0)
        utterance.pause(0)
        await asyncio.sleep(1)
        await utterance.end(0)

    told = played(scene, decoder)
    assert told.kinds == ["pause", "speech_resumed", "partial", "pause", "final"]
    assert told.events[2].partial.text.startswith("320 ms ")
    assert told.events[2].partial.stable_chars == len("320 ms ")
    assert told.events[3].pause.text == told.texts[0] == "320 ms 640 ms"
    assert decoder.speeches[-1].start_ms == 60 * CHUNK_MS
    assert decoder.speeches[-1].voiced_before_ms == 320


def test_cut_pieces_are_joined_and_their_words_timed_in_the_stream() -> None:
    def answer(speech: Speech) -> Hypothesis:
        return Hypothesis(f"from {speech.start_ms:.0f}", "en", (Word("from", 0, 1, 1.0),))

    async def scene(utterance: Utterance, shared: Ears) -> None:
        await speak(utterance, shared, 30)
        await utterance.cut(10 * CHUNK_SAMPLES, 10 * CHUNK_MS)
        await utterance.cut(20 * CHUNK_SAMPLES, 20 * CHUNK_MS)
        await utterance.end(0)

    told = played(scene, FakeDecoder(answer=answer), partial_ms=0)
    assert told.texts == ["from 0 from 320 from 640"]
    assert [word.start_ms for word in told.events[0].final.words] == [0, 320, 640]


def test_a_turn_that_goes_on_is_judged_no_more() -> None:
    cancelled: list[bool] = []

    async def judge(samples: Float32) -> float:
        try:
            await asyncio.sleep(1)
        except asyncio.CancelledError:
            cancelled.append(True)
            raise
        return 0.25

    async def scene(utterance: Utterance, shared: Ears) -> None:
        await speak(utterance, shared, 10)
        await utterance.hush(0)
        await asyncio.sleep(0.01)
        await utterance.resume(0, 0, 0)
        await asyncio.sleep(0.01)
        assert cancelled
        await utterance.end(0)

    played(scene, FakeDecoder(0.05), 0, judge)


@pytest.mark.parametrize("ends_by", ["pause", "settle", "end"])
def test_what_runs_ahead_is_decoded_once_it_is_over(ends_by: str) -> None:
    decoder = FakeDecoder()

    async def scene(utterance: Utterance, shared: Ears) -> None:
        shared.pace.hear(60, asyncio.get_running_loop().time())
        await speak(utterance, shared, 10)
        await utterance.hush(0)
        await asyncio.sleep(1)
        await utterance.resume(0, 0, 0.0)
        await utterance.hush(0)
        if ends_by != "pause":
            utterance.pause(0)
        await asyncio.sleep(1)
        assert not decoder.jobs
        match ends_by:
            case "pause":
                utterance.pause(0)
            case "settle":
                utterance.settle()
        if ends_by != "end":
            await asyncio.sleep(1)
            assert len(decoder.jobs) == 1
        await utterance.end(0)

    told = played(scene, decoder, 0, silence_ms=None if ends_by == "pause" else 5000)
    assert told.kinds == ["pause", "final"]
    assert len(decoder.jobs) == 1


def test_a_file_is_judged_no_turn() -> None:
    async def judge(samples: Float32) -> float:
        raise AssertionError("asked")

    async def scene(utterance: Utterance, shared: Ears) -> None:
        shared.pace.hear(LIVE_LEAD_S + 1, asyncio.get_running_loop().time())
        await speak(utterance, shared, 10)
        await utterance.hush(0)
        utterance.pause(0)
        await utterance.end(0)

    told = played(scene, FakeDecoder(0.05), 0, judge)
    assert told.kinds == ["pause", "final"]
    assert not told.events[0].pause.HasField("end_of_turn_probability")


def test_the_turn_model_is_asked_beside_the_decoder() -> None:
    asked: list[int] = []

    async def judge(samples: Float32) -> float:
        asked.append(len(samples))
        await asyncio.sleep(0.05)
        return 0.25

    async def scene(utterance: Utterance, shared: Ears) -> None:
        await speak(utterance, shared, 10)
        began = asyncio.get_running_loop().time()
        await utterance.hush(0)
        utterance.pause(0)
        await utterance.end(0)
        assert asyncio.get_running_loop().time() - began == pytest.approx(0.05)

    told = played(scene, FakeDecoder(0.05), 0, judge)
    assert told.events[0].pause.end_of_turn_probability == 0.25
    assert told.events[1].final.end_of_turn_probability == 0.25
    # What was said, and the rest of a pause's silence.
    assert asked == [10 * CHUNK_SAMPLES + 96 * 16]


def test_the_call_is_charged() -> None:
    totals: list[float] = []

    async def scene(utterance: Utterance, shared: Ears) -> None:
        await speak(utterance, shared, 15)
        await utterance.end(0)
        assert shared.stopwatch.total is not None
        totals.append(shared.stopwatch.total.compute_ms)

    played(scene)
    assert totals == [100]


def test_a_pause_begins_where_the_voice_was_last_audible() -> None:
    async def scene(utterance: Utterance, shared: Ears) -> None:
        await speak(utterance, shared, 20)
        # The detector has not let go yet.
        shared.history.append(silence(2))
        detected = shared.history.end
        shared.history.append(silence(6))
        await utterance.hush(detected)
        utterance.pause(detected)
        await asyncio.sleep(1)
        await utterance.end(detected)

    told = played(scene, partial_ms=0)
    assert [event.pause.end_ms for event in told.events if event.HasField("pause")] == [
        pytest.approx(20 * CHUNK_MS, abs=10)
    ]
    assert told.events[-1].final.end_ms == told.events[0].pause.end_ms


def test_a_job_tells_whose_it_is_and_how_long() -> None:
    decoder = FakeDecoder()

    async def scene(utterance: Utterance, shared: Ears) -> None:
        await speak(utterance, shared, 20)
        await wait(shared, 4)
        await utterance.hush(20 * CHUNK_SAMPLES)
        await asyncio.sleep(1)

    played(scene, decoder)
    played(scene, decoder)
    partial, final, others_partial, others_final = decoder.jobs
    assert partial.stream == final.stream
    assert partial.stream != others_partial.stream == others_final.stream
    assert (partial.urgency, final.urgency) == (Urgency.PARTIAL, Urgency.FINAL)
    assert partial.seconds == pytest.approx(13 * CHUNK_MS / 1000)
    assert final.seconds == pytest.approx(24 * CHUNK_MS / 1000)
    assert not partial.bulk and not final.bulk


def test_phrases_are_for_all_and_alternatives_for_what_may_be_final() -> None:
    decoder = FakeDecoder()

    async def main() -> None:
        how = listening(None, 400, phrases=(Phrase("Sherburn"),), max_alternatives=3)
        async with asyncio.TaskGroup() as tasks:
            shared = ears(how, decoder, Told(), tasks)
            utterance = Utterance(shared, 0, 0, 0.0)
            await speak(utterance, shared, 20)
            utterance.end(20 * CHUNK_SAMPLES)

    run_virtual(main())
    draft, final = decoder.speeches
    assert draft.phrases == final.phrases == (Phrase("Sherburn"),)
    assert (draft.max_alternatives, final.max_alternatives) == (0, 3)
    assert {job.kind for job in decoder.jobs} == {((Phrase("Sherburn"),), 3)}
