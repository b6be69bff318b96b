"""Responses on a client's request, within a session."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from antiphon.errors import Unsupported
from antiphon.v1 import generator_pb2 as pb
from server.conversation.asides import MAX_ASIDES
from server.settings import AgentSettings
from tests.server.fake_call import refusal
from tests.server.fakes import FakeGenerator
from tests.server.world import WORDS, Event, World, one_turn, tell

LOOK = {
    "type": "function",
    "name": "look",
    "parameters": {"type": "object", "properties": {"where": {"type": "string"}}},
}
CALL = pb.ToolCall(id="call_1", name="look", arguments='{"where": "up"}')
ASIDE = {"conversation": "none", "output_modalities": ["text"]}


def respond(**response: Any) -> Event:
    return {"type": "response.create", "response": response}


def update(**session: Any) -> Event:
    return {"type": "session.update", "session": {"type": "realtime", **session}}


def message(text: str) -> Event:
    content = [{"type": "input_text", "text": text}]
    return {"type": "message", "role": "user", "content": content}


def output(text: str) -> Event:
    item = {"type": "function_call_output", "call_id": "call_1", "output": text}
    return {"type": "conversation.item.create", "item": item}


async def _until_status(world: World, status: str) -> Event:
    while True:
        response: Event = (await world.until("response.done"))["response"]
        if response["status"] == status:
            return response


def test_a_response_has_its_own_settings_and_the_session_keeps_its_own() -> None:
    async def story(world: World) -> None:
        world.send(
            respond(
                instructions="Be brief.",
                max_output_tokens=7,
                output_modalities=["text"],
                metadata={"client_event_id": "e"},
            )
        )
        response = (await world.until("response.done"))["response"]
        assert response["metadata"] == {"client_event_id": "e"}
        assert response["output"][0]["content"][0]["type"] == "output_text"
        await one_turn(world)

    world = tell(story, agent=AgentSettings(instructions="Be kind.", max_reply_tokens=50))
    own, sessions = world.generator.requests
    assert (own.messages[0].content, own.sampling.max_tokens) == ("Be brief.", 7)
    assert (sessions.messages[0].content, sessions.sampling.max_tokens) == ("Be kind.", 50)
    assert "metadata" not in world.events("response.done")[1]["response"]
    assert world.events("response.created")[0]["response"]["metadata"] == {"client_event_id": "e"}


def test_two_at_once_are_refused_until_the_first_was_told_whole() -> None:
    async def story(world: World) -> None:
        await world.speak("hello")
        await world.until("response.created")
        world.send({"type": "response.create", "event_id": "early"})
        problem = (await world.until("error"))["error"]
        assert problem["code"] == "conversation_already_has_active_response"
        await world.until("response.done")
        assert "output_audio_buffer.stopped" not in world.kinds()
        world.send(respond(metadata={"nth": "2"}))
        world.send(respond(metadata={"nth": "3"}))
        await world.until("error")
        await world.until("response.done")

    world = tell(story)
    kinds = world.kinds()
    assert kinds.count("response.created") == 2
    # The second waits until the first was heard out.
    assert kinds.index("output_audio_buffer.stopped") < len(kinds) - 1 - kinds[::-1].index(
        "response.created"
    )
    assert world.events("response.created")[1]["response"]["metadata"] == {"nth": "2"}


def test_what_is_asked_for_while_the_last_words_are_decoded_answers_them() -> None:
    async def story(world: World) -> None:
        world.send(update(audio={"input": {"turn_detection": None}}))
        await world.speak("hello")
        world.send({"type": "input_audio_buffer.commit"})
        world.send(respond(metadata={"a": "b"}))
        response = (await world.until("response.done"))["response"]
        assert response["metadata"] == {"a": "b"}

    world = tell(story)
    assert world.generator.requests[0].messages[-1].content == "hello"


def test_what_was_begun_on_trust_gives_way_to_what_the_client_asks_for() -> None:
    async def story(world: World) -> None:
        detection = {"type": "server_vad", "silence_duration_ms": 500}
        world.send(update(audio={"input": {"turn_detection": detection}}))
        await world.speak("hello")
        await asyncio.sleep(0.45)
        await world.until("input_audio_buffer.speech_started")
        assert "response.created" not in world.kinds()
        world.recognizer.call.on_write = lambda _: None
        await asyncio.sleep(0.1)
        world.send(respond(metadata={"a": "b"}))
        await asyncio.sleep(0.1)
        world.recognizer.final()
        response = (await world.until("response.done"))["response"]
        assert response["metadata"] == {"a": "b"}

    world = tell(story)
    assert world.generator.calls[0].cancelled
    assert world.kinds().count("response.created") == 1


def test_it_may_answer_other_items_than_the_conversation() -> None:
    async def story(world: World) -> None:
        await one_turn(world)
        world.send(respond(input=[message("translate")], output_modalities=["text"]))
        await world.until("response.done")
        await world.until("response.done")
        await one_turn(world)

    _, own, after = tell(story).generator.requests
    assert [each.content for each in own.messages[1:]] == ["translate"]
    assert [each.content for each in after.messages[1:]] == [
        "how are you",
        "One two three. One two three.",
        "how are you",
    ]


# Function calls


def _called(world: World) -> Event:
    (call,) = (
        event["item"]
        for event in world.events("response.output_item.done")
        if event["item"]["type"] == "function_call"
    )
    return dict(call)


def test_a_call_goes_to_the_client_whose_output_is_answered() -> None:
    generator = FakeGenerator([CALL], reason=pb.FINISH_REASON_TOOL_CALLS)

    async def story(world: World) -> None:
        world.send(update(tools=[LOOK]))
        await world.speak("look up")
        response = (await world.until("response.done"))["response"]
        assert response["status"] == "completed"
        assert [item["type"] for item in response["output"]] == ["function_call"]
        generator.words, generator.reason = WORDS, pb.FINISH_REASON_STOP
        world.send(output("a bird"))
        world.send({"type": "response.create"})
        await world.until("output_audio_buffer.stopped")

    world = tell(story, generator=generator)
    call = _called(world)
    assert (call["call_id"], call["name"], call["arguments"]) == ("call_1", "look", CALL.arguments)
    first, second = world.generator.requests
    assert [tool.name for tool in first.tools] == ["look"]
    assert first.tool_choice == pb.TOOL_CHOICE_AUTO
    assert [each.role for each in second.messages][1:] == [
        pb.ROLE_USER,
        pb.ROLE_ASSISTANT,
        pb.ROLE_TOOL,
    ]
    assert second.messages[-1].content == "a bird"


def test_a_call_is_told_while_the_words_before_it_are_spoken_and_may_be_answered_then() -> None:
    generator = FakeGenerator(["I look.", CALL])

    async def story(world: World) -> None:
        world.send(update(tools=[LOOK]))
        await world.speak("look up")
        await world.until("response.function_call_arguments.done")
        assert "response.done" not in world.kinds()
        generator.words = WORDS
        world.send(output("a bird"))
        world.send({"type": "response.create"})
        await world.until("response.done")
        await world.until("response.done")

    world = tell(story, generator=generator)
    assert "error" not in world.kinds()
    told = world.generator.requests[1].messages
    assert [each.content for each in told][1:] == ["look up", "I look.", "a bird"]


def test_a_call_on_trust_is_made_only_once_the_turn_is_over() -> None:
    generator = FakeGenerator([CALL], first_ms=1)

    async def story(world: World) -> None:
        world.send(
            update(tools=[LOOK], audio={"input": {"turn_detection": {"type": "server_vad"}}})
        )
        await world.speak("look up")
        await asyncio.sleep(0.3)
        assert generator.requests
        world.recognizer.resume()
        await asyncio.sleep(3)
        assert "response.function_call_arguments.done" not in world.kinds()

    tell(story, generator=generator)


def test_an_interrupted_call_stays_in_the_conversation() -> None:
    generator = FakeGenerator(["I look. ", CALL, *WORDS * 9], token_ms=200)

    async def story(world: World) -> None:
        world.send(update(tools=[LOOK]))
        await world.speak("look up")
        await world.until("response.function_call_arguments.done")
        world.send({"type": "response.cancel"})
        await _until_status(world, "cancelled")
        generator.words = WORDS
        world.send(output("a bird"))
        world.send({"type": "response.create"})
        await _until_status(world, "completed")

    told = tell(story, generator=generator).generator.requests[1].messages
    assert told[-1].content == "a bird"


@pytest.mark.parametrize(
    ("choice", "told", "name"),
    [
        ("none", pb.TOOL_CHOICE_NONE, ""),
        ("required", pb.TOOL_CHOICE_REQUIRED, ""),
        ({"type": "function", "name": "look"}, pb.TOOL_CHOICE_REQUIRED, "look"),
    ],
)
def test_the_choice_of_tools_is_the_clients(choice: Any, told: pb.ToolChoice, name: str) -> None:
    async def story(world: World) -> None:
        world.send(respond(tools=[LOOK], tool_choice=choice))
        await world.until("response.done")

    (request,) = tell(story).generator.requests
    assert (request.tool_choice, request.tool_name) == (told, name)


def test_an_engine_that_cannot_be_forced_says_so_and_the_session_goes_on() -> None:
    missing = refusal(Unsupported('this request needs "forced_tools"; use engine "vllm"'))
    generator = FakeGenerator([], fail_after=0, error=missing)

    async def story(world: World) -> None:
        generator.words = ["x"]
        world.send(respond(tools=[LOOK], tool_choice="required"))
        response = (await world.until("response.done"))["response"]
        assert response["status"] == "failed"
        assert "forced_tools" in response["status_details"]["error"]["message"]
        assert response["output"] == []
        generator.fail_after = None
        await one_turn(world)

    tell(story, generator=generator)


SILENT_S = 20


async def _called_for(world: World, generator: FakeGenerator) -> None:
    """Have the model call the client's tool, and then answer."""
    world.send(update(tools=[LOOK]))
    await world.speak("look up")
    await world.until("response.done")
    generator.words, generator.reason = WORDS, pb.FINISH_REASON_STOP


def _spoken(world: World) -> list[str]:
    """Return the words of each response that said something."""
    return [
        item["content"][0]["transcript"]
        for event in world.events("response.done")
        for item in event["response"]["output"]
        if item["type"] == "message"
    ]


@pytest.mark.parametrize("tool_s", [SILENT_S + 5, SILENT_S * 3 + 5])
def test_a_tool_that_takes_long_is_no_silence_of_the_callers(tool_s: float) -> None:
    generator = FakeGenerator([CALL], reason=pb.FINISH_REASON_TOOL_CALLS)

    async def story(world: World) -> None:
        await _called_for(world, generator)
        await asyncio.sleep(tool_s)
        world.send(output("a bird"))
        world.send({"type": "response.create"})
        await world.until("output_audio_buffer.stopped")

    world = tell(story, AgentSettings(silent_s=SILENT_S), generator)
    assert _spoken(world) == ["One two three."]
    assert "error" not in world.kinds()


async def _give(world: World) -> None:
    world.send(output("a bird"))


async def _take_back(world: World) -> None:
    world.send({"type": "conversation.item.delete", "item_id": _called(world)["id"]})


@pytest.mark.parametrize("close", [_give, _take_back])
def test_once_the_tool_is_done_silence_is_watched_again_though_nothing_is_asked_for(
    close: Callable[[World], Awaitable[None]],
) -> None:
    generator = FakeGenerator([CALL], reason=pb.FINISH_REASON_TOOL_CALLS)

    async def story(world: World) -> None:
        await _called_for(world, generator)
        await asyncio.sleep(SILENT_S * 2)
        assert not _spoken(world)
        await close(world)
        await asyncio.sleep(SILENT_S + 1)
        assert _spoken(world) == ["Hello?"]

    tell(story, AgentSettings(silent_s=SILENT_S, reprompts=("Hello?",)), generator)


@pytest.mark.parametrize(
    "agent",
    [
        AgentSettings(greeting="Welcome."),
        AgentSettings(silent_s=SILENT_S, reprompts=("Hello?",)),
    ],
)
@pytest.mark.parametrize("detection", [None, {"type": "server_vad"}])
def test_what_is_asked_for_while_the_agent_speaks_of_its_own_accord_is_answered_after_it(
    agent: AgentSettings, detection: Event | None
) -> None:
    async def story(world: World) -> None:
        world.send(update(audio={"input": {"turn_detection": detection}}))
        await world.until("response.created")
        world.send(respond(metadata={"nth": "1"}))
        world.send(respond(metadata={"nth": "2"}))
        # One waits, and no more than that.
        assert (await world.until("error"))["error"]["code"] == (
            "conversation_already_has_active_response"
        )
        await world.until("response.done")
        await world.until("response.done")

    world = tell(story, agent)
    assert _spoken(world)[1:] == ["One two three."]
    kinds = world.kinds()
    assert kinds.count("error") == 1
    assert kinds.index("output_audio_buffer.stopped") < kinds.index("response.created", 8)
    assert world.events("response.created")[1]["response"]["metadata"] == {"nth": "1"}


# Beside the conversation


def test_beside_the_conversation_it_is_written_while_the_agent_speaks() -> None:
    async def story(world: World) -> None:
        await world.speak("hello")
        await world.until("output_audio_buffer.started")
        world.send(respond(**ASIDE, metadata={"topic": "mood"}))
        await world.until("response.done")
        await world.until("response.done")
        await world.until("output_audio_buffer.stopped")
        await one_turn(world)

    world = tell(story, generator=FakeGenerator(WORDS * 4))
    aside = world.events("response.done")[0]["response"]
    assert aside["metadata"] == {"topic": "mood"}
    assert "conversation_id" not in aside
    assert aside["status"] == "completed"
    assert "error" not in world.kinds()
    added = [event["item"]["id"] for event in world.events("conversation.item.added")]
    assert aside["output"][0]["id"] not in added
    assert len(world.generator.requests[-1].messages) == 4


def test_beside_the_conversation_it_may_be_spoken_where_nothing_else_is() -> None:
    async def story(world: World) -> None:
        world.send(respond(conversation="none", input=[message("say hello")]))
        await world.until("output_audio_buffer.stopped")
        await one_turn(world)

    world = tell(story)
    assert [each.content for each in world.generator.requests[1].messages[1:]] == ["how are you"]


def test_those_beside_the_conversation_are_bounded() -> None:
    async def story(world: World) -> None:
        for _ in range(MAX_ASIDES + 1):
            world.send(respond(**ASIDE))
        problem = (await world.until("error"))["error"]
        assert f"{MAX_ASIDES} responses" in problem["message"]
        for _ in range(MAX_ASIDES):
            await world.until("response.done")
        world.send(respond(**ASIDE))
        await world.until("response.done")

    tell(story)


def test_one_beside_the_conversation_is_cancelled_by_its_id_and_no_audio_is_lost() -> None:
    async def story(world: World) -> None:
        await world.speak("hello")
        await world.until("response.created")
        await world.until("output_audio_buffer.started")
        world.send(respond(**ASIDE))
        aside = (await world.until("response.created"))["response"]["id"]
        world.send({"type": "response.cancel", "response_id": aside})
        response = (await world.until("response.done"))["response"]
        assert (response["id"], response["status"]) == (aside, "cancelled")
        await world.until("output_audio_buffer.stopped")

    world = tell(story, generator=FakeGenerator(WORDS, first_ms=300))
    assert len(world.audio_ms()) == 45


def test_hanging_up_still_delivers_what_is_written() -> None:
    async def story(world: World) -> None:
        world.send(respond(**ASIDE))
        await world.until("response.created")

    assert tell(story).kinds()[-1] == "response.done"


# The end of one


@pytest.mark.parametrize("response_id", [None, "resp_other"])
def test_cancelling_what_does_not_run_is_an_error(response_id: str | None) -> None:
    async def story(world: World) -> None:
        world.send({"type": "response.cancel", "response_id": response_id})
        problem = (await world.until("error"))["error"]
        assert problem["code"] == "response_cancel_not_active"
        assert problem["message"].startswith("Cancellation failed")

    tell(story)


def test_clearing_the_output_is_no_error_without_any() -> None:
    async def story(world: World) -> None:
        world.send({"type": "output_audio_buffer.clear"})
        await world.speak("hello")
        await world.until("output_audio_buffer.started")
        world.send({"type": "output_audio_buffer.clear"})
        await world.until("output_audio_buffer.cleared")

    assert "error" not in tell(story).kinds()


def test_a_transcription_session_has_no_responses() -> None:
    async def story(world: World) -> None:
        world.send({"type": "session.update", "session": {"type": "transcription"}})
        world.send({"type": "response.create"})
        assert (await world.until("error"))["error"]["param"] == "type"

    assert not tell(story).generator.requests
