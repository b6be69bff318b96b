"""What a turn on trust says is held back, and let go in order."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from server.conversation.gate import MAX_HELD, Gate, Late
from server.conversation.outbox import Audio, Outbox, Outgoing
from tests.server.world import piece, wired
from tests.virtual_time import run_virtual

A, B, C, D = (piece(letter) for letter in (b"a", b"b", b"c", b"d"))
FULL = piece(b"full")


class Passage:
    """A gate, and what came through it."""

    def __init__(self, max_items: int) -> None:
        self.outbox = Outbox(max_items)
        self.gate = Gate(wired(self.outbox))
        self.out: list[Outgoing] = []

    async def read(self) -> None:
        async for item in self.outbox:
            self.out.append(item)


def play(story: Callable[[Passage], Awaitable[None]], max_items: int = 500) -> list[Outgoing]:
    """Return what had come through after `story`."""

    async def main() -> list[Outgoing]:
        passage = Passage(max_items)
        await story(passage)
        passage.outbox.close()
        await passage.read()
        return passage.out

    return run_virtual(main())


def _numbers(count: int) -> list[Audio]:
    return [piece(bytes([number])) for number in range(count)]


def test_closed_it_lets_nothing_through() -> None:
    async def story(passage: Passage) -> None:
        assert not passage.gate.is_open
        await passage.gate.put(A, B)

    assert play(story) == []


def test_opened_it_lets_through_what_it_held_and_then_everything_at_once() -> None:
    async def story(passage: Passage) -> None:
        await passage.gate.put(A, B)
        await passage.gate.put(C)
        await passage.gate.open()
        assert passage.gate.is_open
        await passage.gate.put(D)

    assert play(story) == [A, B, C, D]


def test_opening_it_twice_changes_nothing() -> None:
    async def story(passage: Passage) -> None:
        await passage.gate.put(A)
        await passage.gate.open()
        await passage.gate.open()

    assert play(story) == [A]


def test_whoever_waits_for_it_is_let_go_when_it_opens() -> None:
    async def story(passage: Passage) -> None:
        waiting = asyncio.create_task(passage.gate.passed())
        await asyncio.sleep(60)
        assert not waiting.done()
        await passage.gate.open()
        await waiting
        await passage.gate.passed()

    assert play(story) == []


def test_what_it_holds_is_bounded_and_the_writer_then_waits() -> None:
    async def story(passage: Passage) -> None:
        async def write() -> None:
            for item in _numbers(MAX_HELD + 3):
                await passage.gate.put(item)
                written.append(item)

        written = list[Audio]()
        writing = asyncio.create_task(write())
        await asyncio.sleep(60)
        assert len(written) == MAX_HELD
        await passage.gate.open()
        await writing

    assert play(story) == _numbers(MAX_HELD + 3)


def test_what_is_put_while_it_opens_keeps_its_place() -> None:
    async def story(passage: Passage) -> None:
        await passage.outbox.put(FULL)
        await passage.gate.put(A)
        opening = asyncio.create_task(passage.gate.open())
        await asyncio.sleep(0.1)
        await passage.gate.put(B)
        reading = asyncio.create_task(passage.read())
        await opening
        await passage.gate.put(C)
        passage.outbox.close()
        await reading

    assert play(story, max_items=1) == [FULL, A, B, C]


def test_cancelled_while_it_waits_the_writer_has_put_nothing() -> None:
    async def story(passage: Passage) -> None:
        await passage.gate.put(*_numbers(MAX_HELD))
        waiting = asyncio.create_task(passage.gate.put(FULL))
        await asyncio.sleep(1)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await passage.gate.open()

    assert play(story) == _numbers(MAX_HELD)


def test_what_depends_on_what_is_said_until_then_is_made_as_it_leaves() -> None:
    made: list[str] = []

    def make(name: str) -> Late:
        def late() -> Outgoing:
            made.append(name)
            return piece(name.encode())

        return Late(late)

    async def story(passage: Passage) -> None:
        await passage.gate.put(make("a"), piece(b"b"))
        await asyncio.sleep(60)
        assert made == []
        await passage.gate.open()
        assert made == ["a"]
        await passage.gate.put(make("c"))

    assert play(story) == [piece(b"a"), piece(b"b"), piece(b"c")]
    assert made == ["a", "c"]
