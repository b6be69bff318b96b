"""A whole session over fakes, in virtual time."""

from __future__ import annotations

import asyncio
import base64
from dataclasses import replace
from typing import Any

import grpc
import numpy as np
import pytest

from antiphon.audio import Int16
from antiphon.errors import InvalidInput, Unavailable
from antiphon.v1 import common_pb2
from antiphon.v1 import generator_pb2 as pb
from server.conversation.ear import MOST_FAILURES
from server.conversation.session import SETTLE_S
from server.realtime import session_config
from server.settings import AgentSettings
from tests.server.fake_call import refusal, rpc_error
from tests.server.fakes import FakeGenerator, FakeSynthesizer
from tests.server.world import FRAME, WORDS, Event, World, first_of, is_a, one_turn, tell
from tests.virtual_time import run_virtual


def _update(**session: Any) -> Event:
    return {"type": "session.update", "session": {"type": "realtime", **session}}


def _formats(name: str) -> Event:
    side = {"format": {"type": name}}
    return _update(audio={"input": side, "output": side})


def test_a_turn_tells_its_events_in_the_order_that_clients_rely_on() -> None:
    assert tell(one_turn).kinds() == [
        "session.created",
        "conversation.created",
        "input_audio_buffer.speech_started",
        "conversation.item.input_audio_transcription.delta",
        "input_audio_buffer.speech_stopped",
        "input_audio_buffer.committed",
        "conversation.item.added",
        "conversation.item.done",
        "conversation.item.input_audio_transcription.completed",
        "response.created",
        "response.output_item.added",
        "conversation.item.added",
        "response.content_part.added",
        "response.output_audio_transcript.delta",
        "response.output_audio_transcript.delta",
        "response.output_audio_transcript.delta",
        "output_audio_buffer.started",
        "response.output_audio.done",
        "response.output_audio_transcript.done",
        "response.content_part.done",
        "response.output_item.done",
        "conversation.item.done",
        "response.done",
        "output_audio_buffer.stopped",
    ]


def test_calls_to_engines_say_which_session_and_turn_they_serve() -> None:
    world = tell(one_turn)
    [done] = world.events("response.done")
    session = ("antiphon-session", world.session.id)
    served = (session, ("antiphon-turn", done["response"]["id"]))
    assert world.recognizer.metadata == (session,)
    assert world.generator.metadata == [served]
    assert world.voice.metadata == [served]


def test_audio_starts_before_the_text_is_done_and_is_paced() -> None:
    world = tell(one_turn, generator=FakeGenerator(WORDS, token_ms=400))
    done = next(at for at, event in world.received if is_a(event, "response.done"))
    audio = world.audio_ms()
    assert len(audio) == 45  # 3 words of 300 ms in frames of 20 ms
    assert audio[0] < done
    assert audio[44] - audio[0] > 900 - 200 - 20


def test_the_timeline_adds_up() -> None:
    response = tell(one_turn).events("response.done")[0]["response"]
    timeline = response["antiphon"]["timeline_ms"]
    assert timeline["generation_started"] == timeline["pause"]
    assert timeline["final"] == timeline["committed"] == timeline["audible"]
    assert timeline["first_token"] - timeline["generation_started"] == pytest.approx(100)
    assert timeline["first_audio"] - timeline["first_token"] == pytest.approx(50, abs=1)
    assert response["usage"]["output_tokens"] == 3


def test_the_reply_sees_what_was_said_before() -> None:
    async def story(world: World) -> None:
        await one_turn(world)
        await one_turn(world)

    asked = tell(story).generator.requests[1].messages
    assert [message.role for message in asked] == [
        pb.ROLE_SYSTEM,
        pb.ROLE_USER,
        pb.ROLE_ASSISTANT,
        pb.ROLE_USER,
    ]
    assert asked[2].content == "One two three."


def test_a_new_utterance_ends_the_reply_and_history_holds_what_was_heard() -> None:
    async def story(world: World) -> None:
        await world.speak("first")
        await world.until("output_audio_buffer.started")
        await asyncio.sleep(1.6)
        world.recognizer.say("a second thing", 1000, 2000)
        await world.until("output_audio_buffer.cleared")
        await world.until("output_audio_buffer.stopped")

    world = tell(story, generator=FakeGenerator([*WORDS, "four.", "five.", "six.", "seven."]))
    assert world.generator.calls[0].cancelled
    assert world.voice.calls[0].cancelled
    assert [m.content for m in world.generator.requests[1].messages][1:] == [
        "first",
        "One two three.four.five.",
        "a second thing",
    ]
    statuses = [event["response"]["status"] for event in world.events("response.done")]
    assert statuses == ["cancelled", "completed"]


@pytest.mark.parametrize(
    ("by_client", "reason"), [(False, "turn_detected"), (True, "client_cancelled")]
)
def test_a_cancelled_reply_says_who_cancelled_it(by_client: bool, reason: str) -> None:
    async def story(world: World) -> None:
        await world.speak("first")
        created = await world.until("response.created")
        if by_client:
            response_id = created["response"]["id"]
            world.send({"type": "response.cancel", "response_id": response_id})
        else:
            world.recognizer.say("a second thing", 1000, 2000)
        done = await world.until("response.done")
        assert done["response"]["status"] == "cancelled"
        assert done["response"]["status_details"] == {"type": "cancelled", "reason": reason}

    tell(story)


def test_no_audio_of_a_cancelled_reply_follows_its_end() -> None:
    async def story(world: World) -> None:
        await world.speak("first")
        await world.until("output_audio_buffer.started")
        world.send({"type": "response.cancel"})
        await world.until("output_audio_buffer.cleared")
        await asyncio.sleep(2)

    received = tell(story, generator=FakeGenerator(WORDS * 20)).received
    cleared = next(
        i for i, (_, item) in enumerate(received) if is_a(item, "output_audio_buffer.cleared")
    )
    assert not [item for _, item in received[cleared:] if isinstance(item, bytes)]


def test_clearing_the_output_silences_the_reply_and_is_no_error_without_one() -> None:
    async def story(world: World) -> None:
        world.send({"type": "output_audio_buffer.clear"})
        await world.speak("first")
        await world.until("output_audio_buffer.started")
        world.send({"type": "output_audio_buffer.clear"})
        await world.until("output_audio_buffer.cleared")

    assert "error" not in tell(story).kinds()


@pytest.mark.parametrize("response_id", [None, "resp_other"])
def test_cancelling_what_does_not_run_is_an_error_and_harms_nothing(
    response_id: str | None,
) -> None:
    async def story(world: World) -> None:
        if response_id is not None:
            await world.speak("hello")
            await world.until("response.created")
        world.send({"type": "response.cancel", "response_id": response_id, "event_id": "mine"})
        problem = (await world.until("error"))["error"]
        assert (problem["code"], problem["event_id"]) == ("response_cancel_not_active", "mine")
        if response_id is None:
            await world.speak("hello")
        await world.until("output_audio_buffer.stopped")

    tell(story)


def test_hanging_up_still_delivers_the_reply() -> None:
    async def story(world: World) -> None:
        await world.speak("bye")
        await world.until("response.created")

    assert tell(story).kinds()[-1] == "output_audio_buffer.stopped"


def test_hanging_up_still_hears_what_was_said_last() -> None:
    async def story(world: World) -> None:
        world.send(FRAME)
        await world.recognizer.opened.wait()
        world.recognizer.call.on_half_close = lambda: None
        world.hang_up()
        await world.recognizer.call.half_closed.wait()
        world.recognizer.say("bye")
        world.recognizer.final()
        await world.until("output_audio_buffer.stopped")
        world.recognizer.call.end()

    assert tell(story).events("response.done")


def test_a_recogniser_that_never_ends_is_dropped() -> None:
    async def story(world: World) -> None:
        world.send(FRAME)
        await world.recognizer.opened.wait()
        world.recognizer.call.on_half_close = lambda: None

    assert tell(story).recognizer.call.cancelled


def test_a_greeting_is_spoken_first() -> None:
    async def story(world: World) -> None:
        await world.until("output_audio_buffer.stopped")

    world = tell(story, agent=AgentSettings(greeting="Welcome."))
    assert not world.generator.requests
    assert len(world.audio_ms()) == 15


def test_a_greeting_waits_until_it_can_be_heard() -> None:
    async def story(world: World) -> None:
        world.connects_s = 2.0
        await world.until("output_audio_buffer.stopped")

    world = tell(story, agent=AgentSettings(greeting="Welcome."))
    assert world.audio_ms()[0] >= 2000


@pytest.mark.parametrize("sound_first", [False, True])
def test_a_greeting_is_in_the_format_that_the_client_sets_first(sound_first: bool) -> None:
    async def story(world: World) -> None:
        await world.until("session.created")
        if sound_first:
            audio = base64.b64encode(FRAME).decode()
            world.send({"type": "input_audio_buffer.append", "audio": audio})
        await asyncio.sleep(SETTLE_S / 2)
        world.send(_formats("audio/pcmu"))
        await world.until("output_audio_buffer.stopped")

    world = tell(story, agent=AgentSettings(greeting="Welcome."))
    heard = [item for _, item in world.received if isinstance(item, bytes)]
    assert {len(frame) for frame in heard} == {160}


def test_who_sets_a_transcription_is_not_greeted() -> None:
    async def story(world: World) -> None:
        await world.until("session.created")
        world.send({"type": "session.update", "session": {"type": "transcription"}})
        await asyncio.sleep(5)

    assert "response.created" not in tell(story, agent=AgentSettings(greeting="Hi.")).kinds()


def test_what_waits_for_the_caller_may_be_taken_back() -> None:
    async def story(world: World) -> None:
        world.send(FRAME)
        await world.recognizer.opened.wait()
        world.recognizer.start()
        await world.until("input_audio_buffer.speech_started")
        world.send({"type": "response.create"})
        world.send({"type": "response.cancel"})
        response = (await world.until("response.done"))["response"]
        assert response["status"] == "cancelled"
        world.send({"type": "response.create"})
        world.recognizer.pause("hello", 1000)
        response = (await world.until("response.done"))["response"]
        assert response["status"] == "completed"

    assert not tell(story).events("error")


def test_who_speaks_before_the_greeting_is_answered_instead() -> None:
    world = tell(one_turn, agent=AgentSettings(greeting="Welcome."))
    (said,) = world.events("response.output_audio_transcript.done")
    assert said["transcript"] == "One two three."


def test_over_webrtc_audio_is_pcm_whatever_is_asked_for() -> None:
    async def story(world: World) -> None:
        created = await world.until("session.created")
        world.send(_formats("audio/pcmu"))
        updated = await world.until("session.updated")
        for session in (created["session"], updated["session"]):
            for side in ("input", "output"):
                assert session["audio"][side]["format"] == {"type": "audio/pcm", "rate": 24_000}
        await one_turn(world)

    async def main() -> World:
        world = World(AgentSettings(), FakeGenerator(WORDS), FakeSynthesizer())
        world.plays = True
        pcmu = session_config.FORMATS["audio/pcmu"]
        asked = replace(
            session_config.initial(AgentSettings()), input_format=pcmu, output_format=pcmu
        )
        world.begin_with(asked)
        async with asyncio.TaskGroup() as group:
            group.create_task(world.run())
            await story(world)
            world.hang_up()
        return world

    world = run_virtual(main())
    heard = [item for _, item in world.received if isinstance(item, bytes)]
    assert {len(frame) for frame in heard} == {960}


def test_speech_without_words_is_not_answered() -> None:
    async def story(world: World) -> None:
        await world.speak("")
        await world.until("conversation.item.input_audio_transcription.completed")
        await asyncio.sleep(1)

    assert "response.created" not in tell(story).kinds()


@pytest.mark.parametrize(
    ("generator", "voice", "words"),
    [
        (FakeGenerator(WORDS, fail_after=1), FakeSynthesizer(), "language model"),
        (FakeGenerator(WORDS), FakeSynthesizer(error=rpc_error()), "speech synthesis"),
        (FakeGenerator(WORDS, first_ms=1e6), FakeSynthesizer(), "language model"),
        (FakeGenerator(WORDS), FakeSynthesizer(delay_ms=1e6), "speech synthesis"),
    ],
)
def test_an_engine_that_fails_or_hangs_ends_the_reply_but_not_the_session(
    generator: FakeGenerator, voice: FakeSynthesizer, words: str
) -> None:
    async def story(world: World) -> None:
        await world.speak("hello")
        problem = await world.until("error")
        assert words in problem["error"]["message"]
        response = (await world.until("response.done"))["response"]
        assert response["status"] == "failed"
        assert response["status_details"]["error"]["code"] == "unavailable"
        generator.fail_after, voice.error = None, None
        generator.first_ms, voice.delay_ms = 1, 1
        await one_turn(world)

    tell(story, generator=generator, voice=voice)


def _lost(story: Any) -> BaseException:
    with pytest.raises(ExceptionGroup) as failed:
        tell(story)
    return first_of(failed.value)


def test_losing_the_recogniser_in_mid_word_costs_nothing_that_was_said() -> None:
    async def story(world: World) -> None:
        world.send(FRAME * 5)
        await world.recognizer.opened.wait()
        world.recognizer.start()
        begun = await world.until("input_audio_buffer.speech_started")
        world.recognizer.call.fail(refusal(Unavailable("the card has fallen off the bus")))
        await asyncio.sleep(1)
        assert world.recognizer.audio == FRAME * 5
        world.recognizer.say("how are you")
        heard = await world.until("conversation.item.input_audio_transcription.completed")
        assert (heard["item_id"], heard["transcript"]) == (begun["item_id"], "how are you")
        await world.until("output_audio_buffer.stopped")
        assert len(world.events("input_audio_buffer.speech_started")) == 1

    tell(story)


def test_a_recogniser_that_ends_too_soon_leaves_nobody_unheard() -> None:
    async def story(world: World) -> None:
        world.send(FRAME)
        await world.recognizer.opened.wait()
        world.recognizer.call.end()
        await asyncio.sleep(1)
        await one_turn(world)

    tell(story)


def test_what_the_recogniser_refuses_ends_the_session_and_is_no_event_of_the_client() -> None:
    async def story(world: World) -> None:
        world.recognizer.call.fail(refusal(InvalidInput("no such language")))
        world.send({"type": "input_audio_buffer.append", "audio": "AAAA" * 4})

    problem = _lost(story)
    assert isinstance(problem, InvalidInput)
    assert problem.message == "no such language"


def test_text_in_text_out() -> None:
    async def story(world: World) -> None:
        world.send(_update(output_modalities=["text"]))
        content = [{"type": "input_text", "text": "hello"}]
        item = {"type": "message", "role": "user", "id": "mine", "content": content}
        world.send({"type": "conversation.item.create", "item": item})
        world.send({"type": "response.create"})
        done = await world.until("response.done")
        assert done["response"]["output"][0]["content"][0]["text"] == "One two three."

    world = tell(story)
    assert not world.voice.calls
    assert not world.audio_ms()
    assert world.events("conversation.item.done")[0]["item"]["id"] == "mine"


def test_append_is_audio_too() -> None:
    async def story(world: World) -> None:
        audio = base64.b64encode(FRAME).decode()
        world.send({"type": "input_audio_buffer.append", "audio": ""})
        world.send({"type": "input_audio_buffer.append", "audio": audio})
        await world.recognizer.opened.wait()
        await asyncio.sleep(0.1)
        assert world.recognizer.audio == FRAME

    tell(story)


def test_without_turn_detection_the_client_commits_and_asks() -> None:
    async def story(world: World) -> None:
        world.send(_update(audio={"input": {"turn_detection": None}}))
        await world.speak("hello")
        world.send({"type": "input_audio_buffer.commit"})
        await world.until("conversation.item.input_audio_transcription.completed")
        await asyncio.sleep(1)
        assert "response.created" not in world.kinds()
        assert world.recognizer.call.requests[-1].HasField("finish")
        world.send({"type": "response.create"})
        await world.until("output_audio_buffer.stopped")

    world = tell(story)
    assert world.recognizer.call.requests[0].config.HasField("external")


SPLIT = base64.b64encode(bytes(3)).decode()


@pytest.mark.parametrize(
    ("event", "param", "words"),
    [
        ("{", None, "JSON"),
        (bytes(961), "audio", "961 bytes"),
        ({"type": "dance"}, "type", "unknown event type"),
        ({"type": "input_audio_buffer.append", "audio": "%%%"}, "audio", "base64"),
        ({"type": "input_audio_buffer.append", "audio": "\u00e4"}, "audio", "base64"),
        ({"type": "input_audio_buffer.append", "audio": SPLIT}, "audio", "3 bytes"),
        (_update(max_output_tokens=0), "session.max_output_tokens", "0 is outside"),
    ],
)
def test_what_is_wrong_is_answered_by_an_error_and_the_session_goes_on(
    event: Event | str | bytes, param: str | None, words: str
) -> None:
    async def story(world: World) -> None:
        world.send(event | {"event_id": "mine"} if isinstance(event, dict) else event)
        problem = (await world.until("error"))["error"]
        assert words in problem["message"]
        assert problem.get("param") == param
        assert problem.get("event_id") == ("mine" if isinstance(event, dict) else None)
        await one_turn(world)

    tell(story)


def test_two_responses_at_once_are_refused() -> None:
    async def story(world: World) -> None:
        await world.speak("hello")
        await world.until("response.created")
        world.send({"type": "response.create"})
        problem = await world.until("error")
        assert problem["error"]["code"] == "conversation_already_has_active_response"

    assert tell(story).kinds().count("response.created") == 1


def test_hearing_can_change_and_what_was_said_before_is_heard_out() -> None:
    async def story(world: World) -> None:
        await world.speak("hello")
        world.send(_update(audio={"input": {"format": {"type": "audio/pcmu"}}}))
        await world.until("session.updated")
        (heard,) = world.events("conversation.item.input_audio_transcription.completed")
        assert heard["transcript"] == "hello"
        await world.until("output_audio_buffer.stopped")
        await world.speak("again")
        await world.until("output_audio_buffer.stopped")

    world = tell(story)
    assert world.recognizer.streams == 2
    encoding = world.recognizer.call.requests[0].config.audio.encoding
    assert encoding == common_pb2.AUDIO_ENCODING_MULAW


def test_what_changes_nothing_of_the_hearing_opens_no_other_stream() -> None:
    async def story(world: World) -> None:
        await world.speak("hello")
        world.send(_update(instructions="Be brief."))
        updated = await world.until("session.updated")
        assert updated["session"]["instructions"] == "Be brief."
        await world.until("output_audio_buffer.stopped")

    assert tell(story).recognizer.streams == 1


def test_a_reply_cut_by_its_length_is_incomplete() -> None:
    async def story(world: World) -> None:
        await world.speak("hello")
        done = await world.until("response.done")
        assert done["response"]["status"] == "incomplete"
        assert done["response"]["status_details"]["reason"] == "max_output_tokens"

    tell(story, generator=FakeGenerator(WORDS, reason=pb.FINISH_REASON_LENGTH))


def test_a_service_that_refuses_is_told_in_its_own_words() -> None:
    full = refusal(Unavailable("all slots are taken", reason="SLOTS"))
    assert full.code() is grpc.StatusCode.UNAVAILABLE

    async def story(world: World) -> None:
        await world.speak("hello")
        problem = (await world.until("error"))["error"]
        assert (problem["message"], problem["code"]) == ("all slots are taken", "slots")

    tell(story, voice=FakeSynthesizer(error=full))


# What a session is told, and tells


def test_a_session_may_begin_with_what_its_client_asked_for_before() -> None:
    async def main() -> World:
        world = World(AgentSettings(greeting="Hi."), FakeGenerator(WORDS), FakeSynthesizer())
        world.begin_with(replace(session_config.initial(AgentSettings()), replies=False))
        async with asyncio.TaskGroup() as group:
            group.create_task(world.run())
            created = await world.until("session.created")
            assert created["session"]["type"] == "transcription"
            await asyncio.sleep(60)
            world.hang_up()
        return world

    # Neither a conversation, nor a greeting, nor a question whether anybody is there.
    assert run_virtual(main()).kinds() == ["session.created"]


def test_a_transcription_session_hears_and_says_nothing() -> None:
    vad = {"type": "server_vad", "silence_duration_ms": 300}
    session = {"type": "transcription", "audio": {"input": {"turn_detection": vad}}}

    async def story(world: World) -> None:
        world.send({"type": "session.update", "session": session})
        updated = await world.until("session.updated")
        assert updated["session"]["audio"]["input"]["turn_detection"]["silence_duration_ms"] == 300
        for text in ("one", "two"):
            await world.speak(text)
            heard = await world.until("conversation.item.input_audio_transcription.completed")
            assert heard["transcript"] == text
        await asyncio.sleep(60)

    world = tell(story)
    assert not world.generator.requests
    assert not world.generator.warmed
    assert not [kind for kind in world.kinds() if kind.startswith("response.")]
    assert "conversation.item.input_audio_transcription.delta" in world.kinds()


def test_a_transcription_session_without_detection_hears_what_is_committed() -> None:
    session = {"type": "transcription", "audio": {"input": {"turn_detection": None}}}

    async def story(world: World) -> None:
        world.send({"type": "session.update", "session": session})
        await world.speak("hello")
        await asyncio.sleep(5)
        world.send({"type": "input_audio_buffer.commit"})
        await world.until("conversation.item.input_audio_transcription.completed")

    assert "input_audio_buffer.speech_started" not in tell(story).kinds()


def test_a_silence_is_answered_where_the_client_asks_for_it() -> None:
    vad = {"type": "server_vad", "idle_timeout_ms": 6000}

    async def story(world: World) -> None:
        world.send(_update(audio={"input": {"turn_detection": vad}}))
        await one_turn(world)
        world.send(FRAME * 350)
        triggered = await world.until("input_audio_buffer.timeout_triggered")
        assert triggered["audio_end_ms"] - triggered["audio_start_ms"] == 6000
        await world.until("output_audio_buffer.stopped")
        world.recognizer.say("still here")
        await world.until("output_audio_buffer.stopped")

    world = tell(story)
    silence, answer = world.generator.requests[1:]
    assert silence.messages[-1].content == "(silence)"
    assert [each.content for each in answer.messages[1:]] == [
        "how are you",
        "One two three. One two three.",
        "still here",
    ]
    empty = world.events("input_audio_buffer.committed")[1]["item_id"]
    assert world.events("input_audio_buffer.timeout_triggered")[0]["item_id"] == empty


def test_a_silence_ends_the_call_politely_after_all() -> None:
    vad = {"type": "server_vad", "idle_timeout_ms": 6000}

    async def story(world: World) -> None:
        world.send(_update(audio={"input": {"turn_detection": vad}}))
        await asyncio.sleep(60)

    world = tell(story, agent=AgentSettings(reprompts=("Yes?",), farewell="Bye."))
    assert world.kinds().count("input_audio_buffer.timeout_triggered") == 1
    last = world.events("response.done")[-1]["response"]["output"][0]["content"]
    assert last == [{"type": "output_audio", "transcript": "Bye."}]


def test_what_the_recogniser_fails_over_each_time_is_told_as_failed() -> None:
    async def story(world: World) -> None:
        world.send(FRAME)
        await world.recognizer.opened.wait()
        for _ in range(MOST_FAILURES):
            world.recognizer.start()
            await asyncio.sleep(0.1)
            world.recognizer.call.fail(refusal(Unavailable("the card has fallen off the bus")))
            await asyncio.sleep(1)
        failed = await world.until("conversation.item.input_audio_transcription.failed")
        started = world.events("input_audio_buffer.speech_started")
        assert [event["item_id"] for event in started] == [failed["item_id"]]
        assert "fallen off" in failed["error"]["message"]
        await one_turn(world)

    tell(story)


def test_what_was_heard_of_a_reply_is_told_where_the_client_wants_it() -> None:
    async def story(world: World) -> None:
        world.send(_update(antiphon={"events": True}))
        await one_turn(world)

    heard = tell(story).events("antiphon.response.heard")
    assert [event["text"] for event in heard] == ["One ", "One two ", "One two three."]


class Silencing:
    """A canceller that takes everything for echo."""

    def cancel(self, heard: Int16, heard_hz: int, played: Int16, played_hz: int) -> Int16:
        return np.zeros_like(heard)


@pytest.mark.parametrize(
    ("asked", "webrtc", "cancels"),
    [
        ({}, False, True),
        ({}, True, False),
        ({"echo_cancellation": True}, True, True),
        ({"echo_cancellation": False}, False, False),
    ],
)
def test_our_own_voice_is_taken_out_of_what_the_caller_says_over_it(
    asked: Event, webrtc: bool, cancels: bool
) -> None:
    loud = bytes([1, 1]) * 480

    async def story(world: World) -> None:
        world.begin_with(make_canceller=Silencing)
        world.plays = webrtc
        world.send(_update(antiphon=asked))
        world.send(loud)
        await world.speak("how are you")
        await world.until("response.output_audio_transcript.delta")
        await asyncio.sleep(0.1)
        assert world.recognizer.audio.startswith(loud)
        world.send(loud)
        await asyncio.sleep(0.1)
        heard = world.recognizer.audio[-len(loud) :]
        assert heard == (bytes(len(loud)) if cancels else loud)

    tell(story)


@pytest.mark.parametrize(("cancels", "stops"), [(True, True), (False, False)])
def test_a_short_word_counts_for_more_where_its_beginning_was_taken_out(
    cancels: bool, stops: bool
) -> None:
    async def story(world: World) -> None:
        world.begin_with(make_canceller=Silencing)
        world.send(_update(antiphon={"echo_cancellation": cancels}))
        await world.speak("how are you")
        await world.until("response.output_audio_transcript.delta")
        await asyncio.sleep(0.1)
        world.recognizer.start(2000)
        await asyncio.sleep(0.3)
        world.recognizer.pause("Seven.", 2300)
        await asyncio.sleep(0.1)
        assert ("output_audio_buffer.cleared" in world.kinds()) == stops

    tell(story, generator=FakeGenerator([f"{number} " for number in range(30)]))
