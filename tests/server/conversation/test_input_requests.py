"""The client's own audio, within a session."""

from __future__ import annotations

import asyncio
import base64

import pytest

from server.conversation.input_requests import MIN_COMMIT_MS
from tests.server.world import FRAME, Event, World, one_turn, tell

CLEAR = {"type": "input_audio_buffer.clear"}
COMMIT = {"type": "input_audio_buffer.commit"}
MANUAL = {
    "type": "session.update",
    "session": {"type": "realtime", "audio": {"input": {"turn_detection": None}}},
}


def append(audio: bytes) -> Event:
    return {"type": "input_audio_buffer.append", "audio": base64.b64encode(audio).decode()}


def test_audio_may_travel_in_events_or_beside_them() -> None:
    async def story(world: World) -> None:
        world.send(append(b""))
        world.send(append(FRAME))
        world.send(FRAME)
        await asyncio.sleep(0.1)
        assert world.recognizer.audio == FRAME * 2

    tell(story)


@pytest.mark.parametrize("audio", ["%%%", "\u00e4", "AAA"])
def test_what_is_no_base64_or_no_whole_sample_is_refused(audio: str) -> None:
    async def story(world: World) -> None:
        world.send({"type": "input_audio_buffer.append", "audio": audio})
        assert (await world.until("error"))["error"]["param"] == "audio"

    assert not tell(story).recognizer.streams


@pytest.mark.parametrize("frames", [0, MIN_COMMIT_MS // 20 - 1])
def test_a_commit_of_nothing_is_refused(frames: int) -> None:
    async def story(world: World) -> None:
        world.send(MANUAL)
        world.send(append(FRAME * frames))
        world.send(COMMIT)
        problem = (await world.until("error"))["error"]
        assert problem["code"] == "input_audio_buffer_commit_empty"
        assert f"holds {frames * 20} ms" in problem["message"]

    tell(story)


def test_what_was_committed_once_cannot_be_committed_again() -> None:
    async def story(world: World) -> None:
        world.send(MANUAL)
        await world.speak("hello")
        world.send(COMMIT)
        await world.until("input_audio_buffer.committed")
        world.send(COMMIT)
        await world.until("error")

    tell(story)


def test_what_is_cleared_was_never_said() -> None:
    async def story(world: World) -> None:
        await world.speak("never mind")
        await world.until("input_audio_buffer.speech_started")
        world.send(CLEAR)
        await world.until("input_audio_buffer.cleared")
        await asyncio.sleep(5)
        await one_turn(world)

    world = tell(story)
    assert world.recognizer.streams == 2
    (transcript,) = world.events("conversation.item.input_audio_transcription.completed")
    assert transcript["transcript"] == "how are you"
    assert world.kinds().count("response.created") == 1


def test_positions_count_from_the_first_audio_of_the_session() -> None:
    async def story(world: World) -> None:
        await world.speak("never mind")
        world.send(CLEAR)
        await world.until("input_audio_buffer.cleared")
        await one_turn(world)

    world = tell(story)
    started = [event["audio_start_ms"] for event in world.events()[1:] if "audio_start_ms" in event]
    assert started == [0, 100]
    assert world.events("input_audio_buffer.speech_stopped")[0]["audio_end_ms"] == 1100


def test_what_was_committed_is_not_cleared() -> None:
    async def story(world: World) -> None:
        world.send(MANUAL)
        await world.speak("hello")
        world.send(COMMIT)
        world.send(CLEAR)
        await world.until("input_audio_buffer.cleared")
        kinds = world.kinds()
        assert kinds.index("input_audio_buffer.committed") < kinds.index(
            "input_audio_buffer.cleared"
        )

    tell(story)


def test_a_final_that_never_comes_is_not_waited_for_for_ever() -> None:
    async def story(world: World) -> None:
        world.send(MANUAL)
        await world.speak("hello")
        world.recognizer.call.on_write = lambda _: None
        world.send(COMMIT)
        world.send(CLEAR)
        await world.until("input_audio_buffer.cleared")
        await world.speak("again")
        world.send(COMMIT)
        await world.until("input_audio_buffer.committed")

    tell(story)
