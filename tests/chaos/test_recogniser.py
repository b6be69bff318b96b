"""The recogniser dies and stalls while the caller speaks: what they said is not lost."""

from __future__ import annotations

import asyncio

from server.engines.failure import Engine, FailureKind
from tests.chaos.scene import LOUD, SOON_MS, SORRY, Scene, play
from tests.server.world import FRAME

ANSWER = "One two three."


async def _begin(scene: Scene) -> None:
    await scene.hear(LOUD, 0.5)
    scene.recognizer.start()
    await scene.until("input_audio_buffer.speech_started")


async def _answered(scene: Scene) -> None:
    """Let another stream hear again what the caller said."""
    while scene.recognizer.streams < 2:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.1)
    assert LOUD * 25 in scene.recognizer.audio
    scene.recognizer.say("how are you")
    await scene.until_said(ANSWER)
    heard = scene.events("conversation.item.input_audio_transcription.completed")
    assert [event["transcript"] for event in heard] == ["how are you"]


def test_back_before_the_caller_is_done_it_is_as_if_nothing_had_been() -> None:
    async def story(scene: Scene) -> None:
        await _begin(scene)
        scene.recognizer.call.fail()
        await scene.hear(LOUD, 0.5)
        await _answered(scene)

    scene = play(story)
    assert scene.said == [ANSWER]
    assert scene.record.retries == [Engine.ASR]


def test_dead_when_the_caller_is_done_they_are_told_and_answered_later() -> None:
    async def story(scene: Scene) -> None:
        await _begin(scene)
        scene.asr.dead = True
        scene.recognizer.call.fail()
        await scene.hear(LOUD, 0.5)
        ended_ms = scene.now_ms
        await scene.hear(FRAME, 3)
        assert scene.silent_ms(ended_ms) <= SOON_MS
        scene.asr.go_on()
        await _answered(scene)

    scene = play(story)
    assert scene.said == [SORRY, ANSWER]


def test_stalled_it_is_not_waited_for() -> None:
    async def story(scene: Scene) -> None:
        await _begin(scene)
        scene.asr.stall()
        scene.recognizer.call.takes_nothing = True
        await scene.hear(LOUD, 0.5)
        ended_ms = scene.now_ms
        await scene.hear(FRAME, 3)
        assert scene.silent_ms(ended_ms) <= SOON_MS
        scene.asr.go_on()
        await _answered(scene)

    scene = play(story)
    assert scene.said == [SORRY, ANSWER]
    assert FailureKind.STALLED in scene.record.kinds(Engine.ASR)
