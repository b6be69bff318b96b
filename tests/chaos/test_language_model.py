"""The language model dies, stalls and is late in mid-turn."""

from __future__ import annotations

import asyncio

import pytest

from server.engines.failure import Engine, FailureKind
from tests.chaos.scene import SOON_MS, SORRY, Scene, play
from tests.server.fake_call import rpc_error
from tests.server.fakes import FakeGenerator

ANSWER = "One two three."
# Until an apology that is made already is heard.
PROMPTLY_MS = 50.0


@pytest.mark.parametrize("words", [0, 1])
def test_killed_the_caller_is_told_and_answered_once_it_is_back(words: int) -> None:
    generator = FakeGenerator(["One ", "two ", "three."], token_ms=60, fail_after=words)

    async def story(scene: Scene) -> None:
        scene.llm.dead = True
        await scene.speak("how are you")
        heard = await scene.until("input_audio_buffer.committed")
        assert heard
        ended_ms = scene.now_ms
        await scene.until_said(SORRY)
        assert scene.silent_ms(ended_ms) <= SOON_MS
        generator.fail_after = None
        scene.llm.go_on()
        await scene.until_said(ANSWER)

    scene = play(story, generator)
    assert scene.said[-2:] == [SORRY, ANSWER]
    assert scene.record.apologies == 1


def test_a_reply_that_failed_and_was_cancelled_is_over() -> None:
    generator = FakeGenerator(["One ", "two ", "three."], fail_after=0)

    async def story(scene: Scene) -> None:
        scene.llm.dead = True
        await scene.speak("how are you")
        await scene.until("response.done")
        scene.send({"type": "response.cancel"})
        await asyncio.sleep(5)

    assert not play(story, generator).said


def test_stalled_between_two_words_it_is_noticed_at_once() -> None:
    generator = FakeGenerator(["One ", "two ", "three."], token_ms=1e6)

    async def story(scene: Scene) -> None:
        await scene.speak("how are you")
        await scene.until("response.output_audio_transcript.delta")
        # Its first word is heard: nothing of this reply may be said again.
        await asyncio.sleep(1)
        scene.llm.stall()
        stalled_ms = scene.now_ms
        await scene.until_said(SORRY)
        assert scene.silent_ms(stalled_ms) <= SOON_MS
        response = next(
            event["response"]
            for event in scene.events("response.done")
            if event["response"]["status"] == "failed"
        )
        assert "no sign of life" in response["status_details"]["error"]["message"]
        generator.token_ms = 10
        scene.llm.go_on()
        await scene.speak("and now")
        await scene.until_said(ANSWER)

    assert play(story, generator).record.kinds(Engine.LLM) == [FailureKind.STALLED]


def test_a_call_that_is_cut_before_its_first_word_is_made_again_and_nobody_notices() -> None:
    generator = FakeGenerator(["One ", "two ", "three."], fail_after=0, error=rpc_error())

    async def story(scene: Scene) -> None:
        scene.send(bytes(960))
        await scene.recognizer.opened.wait()
        scene.recognizer.say("how are you")
        while not generator.requests:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.11)
        generator.fail_after = None
        await scene.until_said(ANSWER)
        assert not scene.events("error")

    scene = play(story, generator)
    assert scene.said == [ANSWER]
    assert scene.record.retries == [Engine.LLM]


def test_for_one_that_is_well_but_late_nobody_waits_a_second_time_in_silence() -> None:
    generator = FakeGenerator(["One ", "two ", "three."], first_ms=1e6)

    async def story(scene: Scene) -> None:
        await scene.speak("how are you")
        await scene.until("input_audio_buffer.committed")
        ended_ms = scene.now_ms
        await scene.until_said(SORRY)
        deadlines = scene.engines.deadlines
        assert scene.silent_ms(ended_ms) <= deadlines.first_token_ms + PROMPTLY_MS
        generator.first_ms = 1
        await scene.until_said(ANSWER)

    scene = play(story, generator)
    assert scene.record.kinds(Engine.LLM) == [FailureKind.STALLED]
    assert scene.said == [SORRY, ANSWER]
