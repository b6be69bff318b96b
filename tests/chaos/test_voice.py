"""The voice dies and stalls in mid-turn: it is the one that would have to apologise."""

from __future__ import annotations

import asyncio

from tests.chaos.scene import SOON_MS, SORRY, Scene, play
from tests.server.fake_call import rpc_error

ANSWER = "One two three."


def test_killed_it_apologises_all_the_same_in_its_own_voice() -> None:
    async def story(scene: Scene) -> None:
        scene.voice.error, scene.tts.dead = rpc_error(), True
        await scene.speak("how are you")
        await scene.until("input_audio_buffer.committed")
        ended_ms = scene.now_ms
        await scene.until_said(SORRY)
        assert scene.silent_ms(ended_ms) <= SOON_MS
        scene.voice.error = None
        scene.tts.go_on()
        await scene.until("output_audio_buffer.stopped")
        await scene.until("output_audio_buffer.stopped")

    scene = play(story)
    assert scene.said[-2:] == [SORRY, ANSWER]


def test_stalled_before_its_first_sound_it_is_not_waited_for() -> None:
    async def story(scene: Scene) -> None:
        scene.voice.delay_ms = 1e6
        scene.tts.stall()
        await asyncio.sleep(0)
        await scene.speak("how are you")
        await scene.until("input_audio_buffer.committed")
        ended_ms = scene.now_ms
        await scene.until_said(SORRY)
        assert scene.silent_ms(ended_ms) <= SOON_MS
        scene.voice.delay_ms = 50
        scene.tts.go_on()
        await scene.until("output_audio_buffer.stopped")
        await scene.until("output_audio_buffer.stopped")

    assert play(story).said[-2:] == [SORRY, ANSWER]


def test_one_that_is_well_but_late_is_given_up_when_its_deadline_is_over() -> None:
    async def story(scene: Scene) -> None:
        scene.voice.delay_ms = 1e6
        await scene.speak("how are you")
        await scene.until("input_audio_buffer.committed")
        ended_ms = scene.now_ms
        await scene.until_said(SORRY)
        assert scene.silent_ms(ended_ms) <= scene.engines.deadlines.first_audio_ms + SOON_MS
        scene.voice.delay_ms = 50
        await scene.until_said(ANSWER)

    assert play(story).said[-2:] == [SORRY, ANSWER]


def test_where_no_apology_could_be_made_a_tone_is_heard_and_the_error_is_told() -> None:
    async def story(scene: Scene) -> None:
        scene.voice.error, scene.tts.dead = rpc_error(), True
        await scene.speak("how are you")
        problem = await scene.until("error")
        assert "speech synthesis" in problem["error"]["message"]
        await scene.until("output_audio_buffer.started")

    scene = play(story, apology=False)
    assert SORRY not in scene.said
    assert "" in scene.said
