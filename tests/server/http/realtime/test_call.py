"""One call: whoever listens in, what it says at its end, and hanging up."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress

import pytest
from openai import BaseModel
from openai.types import realtime as oai

from antiphon.errors import Exhausted
from server.http.realtime import call as module
from server.http.realtime.call import FAREWELL_S, LONG_CHARS, MAX_LISTENERS, Call
from server.http.realtime.listener import Listener
from server.realtime import server_events
from tests.server.http.realtime.test_calls import NEW, OFFER, House, tell


async def _begin(house: House) -> Call:
    return await house.calls.begin(OFFER, NEW, "alice")


async def _settle() -> None:
    await asyncio.sleep(0.1)


async def _all(listener: Listener) -> list[BaseModel]:
    return [event async for event in listener.events()]


def test_whoever_listens_in_hears_events_and_speaks_up() -> None:
    async def story(house: House) -> None:
        call = await _begin(house)
        with call.listener() as listener:
            house.peer.send(b"\1\0", "an event")
            await listener.say("another event")
            await _settle()
            house.peer.hang_up()
            heard = await _all(listener)
        assert [event.type for event in heard] == ["antiphon.state"] * 2  # type: ignore[attr-defined]
        assert len(house.peer.received) == 3

    tell(story)


def test_what_the_session_drops_is_dropped_at_the_callers_end_too() -> None:
    flushed: list[bool] = []
    module._Overheard(lambda _: None, lambda: flushed.append(True)).drop_audio()
    assert flushed


def test_of_long_events_one_waits_at_a_time() -> None:
    async def story(house: House) -> None:
        call = await _begin(house)
        with call.listener() as listener:
            long = "x" * (LONG_CHARS + 1)
            # Nobody hears them yet: the session has not had its turn.
            said = asyncio.gather(*(listener.say(long) for _ in range(3)))
            await asyncio.sleep(0)
            assert call._said.qsize() == 1
            await said
            house.peer.hang_up()
            await _all(listener)

    tell(story)


def test_who_leaves_while_a_long_event_waits_keeps_nobody_from_saying_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MAX_SAID", 1)

    async def story(house: House) -> None:
        call = await _begin(house)
        with call.listener() as listener:
            await listener.say("the session has not had its turn, and there is no more room")
            leaving = asyncio.gather(listener.say("x" * (LONG_CHARS + 1)))
            await asyncio.sleep(0)
            leaving.cancel()
            with suppress(asyncio.CancelledError):
                await leaving
            async with asyncio.timeout(1):
                await listener.say("y" * (LONG_CHARS + 1))
            house.peer.hang_up()
            await _all(listener)

    tell(story)


def test_whoever_comes_later_is_told_what_the_session_is_set_to() -> None:
    async def story(house: House) -> None:
        call = await _begin(house)
        await _settle()
        session, _ = house.echoes.made[0]
        for kind, voice in (("Created", "one"), ("Updated", "two")):
            model = getattr(oai, f"Session{kind}Event")
            body = {"type": "realtime", "audio": {"output": {"voice": voice}}}
            await session.tell(server_events.make(model, session=body))
        with call.listener() as listener:
            house.peer.hang_up()
            (told,) = await _all(listener)
        created = json.loads(server_events.to_json(told))
        assert created["type"] == "session.created"
        assert created["session"]["audio"]["output"]["voice"] == "two"

    tell(story)


def test_few_may_listen_in() -> None:
    async def story(house: House) -> None:
        call = await _begin(house)
        listeners = [call.listener() for _ in range(MAX_LISTENERS)]
        for each in listeners:
            each.__enter__()
        with pytest.raises(Exhausted, match="listen in"), call.listener():
            raise AssertionError("one too many")
        listeners[0].__exit__(None, None, None)
        with call.listener():
            pass

    tell(story)


@pytest.mark.parametrize("after_s", [0, 0.1])
def test_hanging_up_ends_the_session_and_lets_everybody_go(after_s: float) -> None:
    async def story(house: House) -> None:
        call = await _begin(house)
        with call.listener() as listener:
            await asyncio.sleep(after_s)
            call.hang_up()
            assert await _all(listener) == []
        await _settle()
        assert house.peer.closed
        assert house.sessions.free_seats == 1

    tell(story)


def test_what_ends_a_session_is_told_to_its_caller() -> None:
    async def story(house: House) -> None:
        await _begin(house)
        house.peer.send(b"\1\0", "fail")
        await _settle()
        audio, problem = house.peer.received
        assert audio == b"\1\0"
        assert isinstance(problem, oai.RealtimeErrorEvent)
        assert problem.error.message == "it failed"

    tell(story)


def test_a_caller_that_does_not_read_is_not_waited_for() -> None:
    async def story(house: House) -> None:
        await _begin(house)
        house.peer.reads.clear()
        began = asyncio.get_running_loop().time()
        house.peer.send(b"\1\0", "fail")
        await house.peer.over.wait()
        took_s = asyncio.get_running_loop().time() - began
        assert took_s == pytest.approx(2 * FAREWELL_S)

    tell(story)
