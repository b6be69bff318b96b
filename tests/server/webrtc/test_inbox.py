from __future__ import annotations

import asyncio

import pytest

from server.conversation.line import Incoming, LineLost
from server.webrtc.inbox import MAX_EVENTS, MAX_FRAMES, Inbox
from tests.virtual_time import run_virtual


async def rest(inbox: Inbox) -> list[Incoming]:
    """Return what is left until the end."""
    items: list[Incoming] = []
    while (item := await inbox.get()) is not None:
        items.append(item)
    return items


def test_audio_and_events_keep_the_order_of_their_arrival() -> None:
    async def main() -> list[Incoming]:
        inbox = Inbox()
        inbox.put_frame(b"1")
        inbox.put_event("2")
        inbox.put_frame(b"3")
        inbox.end()
        return await rest(inbox)

    assert run_virtual(main()) == [b"1", "2", b"3"]


def test_whoever_waits_gets_what_comes() -> None:
    async def main() -> list[Incoming]:
        inbox = Inbox()
        async with asyncio.TaskGroup() as group:
            reader = group.create_task(rest(inbox))
            await asyncio.sleep(1)
            inbox.put_event("1")
            await asyncio.sleep(1)
            inbox.put_frame(b"2")
            await asyncio.sleep(1)
            inbox.end()
        return reader.result()

    assert run_virtual(main()) == ["1", b"2"]


def test_of_too_much_audio_the_oldest_is_dropped_and_no_event() -> None:
    async def main() -> tuple[list[Incoming], int]:
        inbox = Inbox()
        inbox.put_event("first")
        for number in range(MAX_FRAMES + 2):
            inbox.put_frame(number.to_bytes(2, "big"))
        inbox.end()
        return await rest(inbox), inbox.dropped_frames

    items, dropped = run_virtual(main())
    assert items[:2] == ["first", b"\0\2"]
    assert (len(items), dropped) == (1 + MAX_FRAMES, 2)


def test_of_too_many_events_the_newest_is_refused_until_there_is_room() -> None:
    async def main() -> None:
        inbox = Inbox()
        for _ in range(MAX_EVENTS):
            assert inbox.put_event("{}")
        assert not inbox.put_event("{}")
        assert await inbox.get() == "{}"
        assert inbox.put_event("{}")

    run_virtual(main())


def test_a_broken_line_is_told_after_what_it_still_brought() -> None:
    async def main() -> None:
        inbox = Inbox()
        inbox.put_event("1")
        inbox.end(LineLost("broke"))
        assert await inbox.get() == "1"
        with pytest.raises(LineLost, match="broke"):
            await inbox.get()

    run_virtual(main())


def test_only_the_first_end_counts_and_nothing_is_taken_after_it() -> None:
    async def main() -> None:
        inbox = Inbox()
        inbox.end()
        inbox.end(LineLost("too late"))
        inbox.put_frame(b"1")
        assert inbox.put_event("2")
        assert await inbox.get() is None

    run_virtual(main())


def test_a_cancelled_read_loses_nothing() -> None:
    async def main() -> Incoming | None:
        inbox = Inbox()
        reader = asyncio.create_task(inbox.get())
        await asyncio.sleep(1)
        inbox.put_event("1")
        reader.cancel()
        await asyncio.wait([reader])
        return await inbox.get()

    assert run_virtual(main()) == "1"
