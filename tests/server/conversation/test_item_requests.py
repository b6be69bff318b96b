"""Items on a client's request, within a session."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from antiphon.v1 import generator_pb2 as pb
from tests.server.fakes import FakeGenerator
from tests.server.world import WORDS, Event, World, one_turn, tell

PHRASE = "tangerine"


def message(text: str, item_id: str | None = None, role: str = "user") -> Event:
    kind = "output_text" if role == "assistant" else "input_text"
    content = [{"type": kind, "text": text}]
    return {"type": "message", "role": role, "id": item_id, "content": content}


def create(item: Event, after: str | None = None) -> Event:
    return {"type": "conversation.item.create", "item": item, "previous_item_id": after}


def call(call_id: str = "call_1") -> Event:
    return {"type": "function_call", "name": "look", "call_id": call_id, "arguments": "{}"}


def output(text: str, call_id: str = "call_1") -> Event:
    return {"type": "function_call_output", "call_id": call_id, "output": text}


async def refused(world: World, event: Event) -> Event:
    """Return the error that answers `event`."""
    world.send(event | {"event_id": "mine"})
    problem: Event = (await world.until("error"))["error"]
    assert problem["event_id"] == "mine"
    assert PHRASE not in problem["message"]
    return problem


def _asked(world: World, nth: int = -1) -> list[tuple[pb.Role, str]]:
    """Return what the model was told of the conversation."""
    return [(each.role, each.content) for each in world.generator.requests[nth].messages[1:]]


def test_items_are_answered_in_their_order_wherever_they_were_put() -> None:
    async def story(world: World) -> None:
        world.send(create(message("second", "b")))
        world.send(create(message("first", "a", "assistant"), "root"))
        world.send(create(message("between", "c", "system"), "a"))
        before = [
            (await world.until("conversation.item.added")).get("previous_item_id") for _ in range(3)
        ]
        assert before == [None, None, "a"]
        world.send({"type": "response.create"})
        await world.until("output_audio_buffer.stopped")

    assert _asked(tell(story)) == [
        (pb.ROLE_ASSISTANT, "first"),
        (pb.ROLE_SYSTEM, "between"),
        (pb.ROLE_USER, "second"),
    ]


def test_an_item_is_told_as_added_and_done_under_its_own_id() -> None:
    async def story(world: World) -> None:
        world.send(create(message("hello", "mine")))
        await world.until("conversation.item.done")
        world.send(create(message("again")))
        done = await world.until("conversation.item.done")
        assert done["previous_item_id"] == "mine"

    first, second = tell(story).events("conversation.item.added")
    assert first["item"]["id"] == "mine"
    assert first["item"]["status"] == "completed"
    assert second["item"]["id"].startswith("item_")


@pytest.mark.parametrize(
    ("event", "code", "param"),
    [
        (create(message("x", "a")), "item_create_duplicate_item_id", "item.id"),
        (create(message("x"), PHRASE), "item_create_invalid_item_id", "previous_item_id"),
        (create(output("x", PHRASE)), "invalid_field", "item.call_id"),
        (create(message(" ")), "invalid_field", "item.content"),
        (
            {"type": "conversation.item.delete", "item_id": PHRASE},
            "item_delete_invalid_item_id",
            "item_id",
        ),
        (
            {"type": "conversation.item.retrieve", "item_id": PHRASE},
            "item_retrieve_invalid_item_id",
            "item_id",
        ),
        (
            {
                "type": "conversation.item.truncate",
                "item_id": PHRASE,
                "content_index": 0,
                "audio_end_ms": 0,
            },
            "item_truncate_invalid_item_id",
            "item_id",
        ),
    ],
)
def test_what_cannot_be_is_refused_by_name(event: Event, code: str, param: str) -> None:
    async def story(world: World) -> None:
        world.send(create(message("hello", "a")))
        problem = await refused(world, event)
        assert (problem["code"], problem["param"]) == (code, param)
        await one_turn(world)

    world = tell(story)
    assert _asked(world) == [(pb.ROLE_USER, "hello how are you")]


def test_a_deleted_item_is_not_answered() -> None:
    async def story(world: World) -> None:
        world.send(create(message("forget me", "a")))
        world.send({"type": "conversation.item.delete", "item_id": "a"})
        assert (await world.until("conversation.item.deleted"))["item_id"] == "a"
        await one_turn(world)

    assert _asked(tell(story)) == [(pb.ROLE_USER, "how are you")]


def test_an_item_can_be_looked_at() -> None:
    async def story(world: World) -> None:
        await one_turn(world)
        for added in world.events("conversation.item.added"):
            world.send({"type": "conversation.item.retrieve", "item_id": added["item"]["id"]})
            await world.until("conversation.item.retrieved")

    said, replied = (
        event["item"]["content"][0] for event in tell(story).events("conversation.item.retrieved")
    )
    assert said == {"type": "input_audio", "transcript": "how are you"}
    assert replied == {"type": "output_audio", "transcript": "One two three."}


def test_a_call_and_its_output_can_be_told_from_before() -> None:
    async def story(world: World) -> None:
        world.send(create(message("weather?")))
        world.send(create(call()))
        world.send(create(output("sunny")))
        world.send({"type": "response.create"})
        await world.until("response.done")

    told = tell(story).generator.requests[0].messages
    assert [each.role for each in told][1:] == [pb.ROLE_USER, pb.ROLE_ASSISTANT, pb.ROLE_TOOL]
    assert (told[3].content, told[3].tool_call_id) == ("sunny", "call_1")


def _truncate(item_id: str, audio_end_ms: int, content_index: int = 0) -> Event:
    return {
        "type": "conversation.item.truncate",
        "item_id": item_id,
        "content_index": content_index,
        "audio_end_ms": audio_end_ms,
    }


@pytest.mark.parametrize(
    ("audio_end_ms", "told_ms", "heard"),
    [(0, 0, None), (650, 650, "One two "), (5000, 900, "One two three.")],
)
def test_of_a_reply_only_what_the_client_played_is_remembered(
    audio_end_ms: int, told_ms: int, heard: str | None
) -> None:
    async def story(world: World) -> None:
        await one_turn(world)
        item_id = world.events("response.output_item.done")[0]["item"]["id"]
        world.send(_truncate(item_id, audio_end_ms))
        truncated = await world.until("conversation.item.truncated")
        assert (truncated["item_id"], truncated["audio_end_ms"]) == (item_id, told_ms)
        await one_turn(world)

    told = _asked(tell(story))
    replied = [] if heard is None else [(pb.ROLE_ASSISTANT, heard)]
    said = "how are you how are you" if heard is None else "how are you"
    assert told == [(pb.ROLE_USER, "how are you"), *replied, (pb.ROLE_USER, said)][-len(told) :]
    assert len(told) == 1 + 2 * len(replied)


def test_a_reply_that_is_cut_while_it_is_heard_stays_cut() -> None:
    async def story(world: World) -> None:
        await world.speak("hello")
        await world.until("output_audio_buffer.started")
        item_id = world.events("response.output_item.added")[0]["item"]["id"]
        await asyncio.sleep(1)
        world.send({"type": "response.cancel"})
        world.send(_truncate(item_id, 350))
        await world.until("conversation.item.truncated")
        await world.until("output_audio_buffer.cleared")
        await one_turn(world)

    generator = FakeGenerator(WORDS * 5)
    assert (pb.ROLE_ASSISTANT, "One ") in _asked(tell(story, generator=generator))


@pytest.mark.parametrize(
    ("event", "param"),
    [
        (_truncate("a", 0), "item_id"),
        (_truncate("b", 0), "item_id"),
        (_truncate("reply", 0, content_index=1), "content_index"),
        (_truncate("reply", -1), "audio_end_ms"),
    ],
)
def test_what_cannot_be_truncated_is_refused_by_name(event: Event, param: str) -> None:
    async def story(world: World) -> None:
        world.send(create(message("hello", "a")))
        world.send(create(message("hi", "b", "assistant")))
        spoken: dict[str, Any] = message("hi", "reply", "assistant")
        spoken["content"] = [{"type": "output_audio", "transcript": "hi"}]
        world.send(create(spoken))
        assert (await refused(world, event))["param"] == param

    tell(story)
