"""Listening in: in order, to the end, and never at the expense of the call."""

from __future__ import annotations

import asyncio

import pytest
from openai import BaseModel

from antiphon.errors import Exhausted
from server.http.realtime.listener import MAX_HEARD, Listener
from server.realtime import server_events
from tests.virtual_time import run_virtual


async def _say(text: str) -> None:
    raise AssertionError(text)


def _events(count: int) -> list[BaseModel]:
    return [server_events.state(str(number)) for number in range(count)]


def test_all_is_heard_in_order_to_the_end() -> None:
    async def main() -> None:
        listener, events = Listener(_say), _events(3)
        listener.hear(events[0])
        heard: list[BaseModel] = []

        async def listen() -> None:
            heard.extend([event async for event in listener.events()])

        listening = asyncio.create_task(listen())
        await asyncio.sleep(1)
        listener.hear(events[1])
        listener.hear(events[2])
        listener.end()
        listener.hear(events[0])
        await listening
        assert heard == events

    run_virtual(main())


def test_who_does_not_read_is_let_go() -> None:
    async def main() -> None:
        listener, heard = Listener(_say), 0
        for event in _events(MAX_HEARD + 2):
            listener.hear(event)
        with pytest.raises(Exhausted, match="has not read"):
            async for _ in listener.events():
                heard += 1
        assert heard == MAX_HEARD

    run_virtual(main())
