"""A line that a session attends ends from either side."""

from __future__ import annotations

import asyncio

import pytest

from antiphon.errors import Conflict, Unavailable
from server.conversation.line import Incoming, Line, LineLost
from server.visit import Visit
from tests.server.fake_session import Client
from tests.virtual_time import run_virtual


async def _all(line: Line) -> list[Incoming]:
    return [item async for item in line.incoming]


def test_what_the_client_sends_passes_to_its_end() -> None:
    async def main() -> None:
        client = Client()
        client.send(b"\0\0", "{}")
        client.hang_up()
        visit = Visit(client.line)
        assert await _all(visit.line) == [b"\0\0", "{}"]
        assert visit.line.lead_ms == 100

    run_virtual(main())


@pytest.mark.parametrize("waits", [True, False])
def test_a_cut_line_is_lost_at_once_with_what_was_not_read(waits: bool) -> None:
    async def main() -> None:
        client = Client()
        visit = Visit(client.line)
        reading = asyncio.create_task(_all(visit.line))
        if waits:
            await asyncio.sleep(1)
        visit.cut()
        client.send("{}")
        with pytest.raises(LineLost):
            await reading
        assert asyncio.get_running_loop().time() == (1 if waits else 0)

    run_virtual(main())


def test_a_line_that_breaks_is_lost() -> None:
    async def main() -> None:
        client = Client()
        client.lose()
        with pytest.raises(LineLost):
            await _all(Visit(client.line).line)

    run_virtual(main())


def test_who_waits_for_its_end_is_told_why_it_was_cut() -> None:
    async def main() -> None:
        client = Client()
        visit = Visit(client.line)
        visit.cut(Conflict("superseded"))
        visit.cut(Unavailable("later"))
        visit.end(Unavailable("even later"))
        with pytest.raises(Conflict):
            await visit.ended
        visit.end()
        assert await client.read() == []

    run_virtual(main())


def test_a_plain_end_is_none_to_worry_about() -> None:
    async def main() -> None:
        visit = Visit(Client().line)
        visit.end()
        await visit.ended

    run_virtual(main())
