"""Calls, from their offer to their end, and who may control them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from antiphon.errors import Exhausted, InvalidInput, NotFound
from server.access.grant import Grant, Holder
from server.http.realtime.calls import Calls, switchboard
from server.sessions import Opening, Sessions, hosting
from tests.server.http.house import Echoes
from tests.server.http.realtime.fake_peer import ANSWER, Exchange, FakePeer
from tests.virtual_time import run_virtual

OFFER = "v=0"
NEW = Opening()
ALICE = Grant(Holder.CLIENT, "alice")
BOB = Grant(Holder.PAGE, "bob")
OPERATOR = Grant(Holder.INSTALLATION, "")


class House:
    """Calls whose sessions echo."""

    def __init__(
        self, calls: Calls, sessions: Sessions, echoes: Echoes, exchange: Exchange
    ) -> None:
        self.calls = calls
        self.sessions = sessions
        self.echoes = echoes
        self.exchange = exchange

    @property
    def peer(self) -> FakePeer:
        return self.exchange.peers[-1]


Story = Callable[[House], Awaitable[None]]


def tell(story: Story, seats: int = 1) -> None:
    async def main() -> None:
        echoes, exchange = Echoes(), Exchange()
        async with (
            hosting(echoes.make, seats) as sessions,
            switchboard(sessions, exchange.open_peer) as calls,
        ):
            await story(House(calls, sessions, echoes, exchange))
        assert all(peer.closed for peer in exchange.peers)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    run_virtual(main())


async def _settle() -> None:
    await asyncio.sleep(0.1)


def test_a_call_is_answered_and_lasts_until_its_caller_hangs_up() -> None:
    async def story(house: House) -> None:
        call = await house.calls.begin(OFFER, NEW, "alice")
        assert call.id.startswith("rtc_")
        assert call.sdp == ANSWER
        house.peer.send(b"\1\0", b"\2\0")
        await _settle()
        assert house.peer.received == [b"\1\0", b"\2\0"]
        assert house.calls.find(call.id, ALICE) is call
        house.peer.hang_up()
        await _settle()
        assert house.peer.closed
        assert house.echoes.made[0][0].over
        with pytest.raises(NotFound):
            house.calls.find(call.id, ALICE)

    tell(story)


def test_an_offer_that_is_none_takes_no_seat() -> None:
    async def story(house: House) -> None:
        with pytest.raises(InvalidInput):
            await house.calls.begin("x", NEW, "alice")
        assert house.sessions.free_seats == 1
        assert not house.exchange.peers

    tell(story)


def test_a_full_house_sets_up_no_media() -> None:
    async def story(house: House) -> None:
        await house.calls.begin(OFFER, NEW, "alice")
        with pytest.raises(Exhausted):
            await house.calls.begin(OFFER, NEW, "bob")
        assert len(house.exchange.peers) == 1

    tell(story)


def test_a_call_is_its_owners_and_the_operators() -> None:
    async def story(house: House) -> None:
        call = await house.calls.begin(OFFER, NEW, "alice")
        assert house.calls.find(call.id, OPERATOR) is call
        for call_id, grant in ((call.id, BOB), ("rtc_none", ALICE)):
            with pytest.raises(NotFound) as refused:
                house.calls.find(call_id, grant)
            assert refused.value.reason == "CALL_NOT_FOUND"

    tell(story)


def test_a_lost_line_ends_the_call_and_another_goes_on_with_its_session() -> None:
    async def story(house: House) -> None:
        await house.calls.begin(OFFER, NEW, "alice")
        house.peer.lose()
        await _settle()
        assert house.peer.closed
        session, _ = house.echoes.made[0]
        await house.calls.begin(OFFER, Opening(resume_token=session.token), "alice")
        house.peer.send(b"\3\0")
        await _settle()
        assert house.peer.received == [b"\3\0"]
        assert session.lines == 2

    tell(story)


def test_whoever_does_not_wait_for_the_answer_has_no_call() -> None:
    async def story(house: House) -> None:
        beginning = asyncio.create_task(house.calls.begin(OFFER, NEW, "alice"))
        await asyncio.sleep(0.001)
        beginning.cancel()
        await asyncio.wait({beginning})
        await _settle()
        assert house.sessions.free_seats == 1
        assert not house.exchange.peers

    tell(story)


def test_what_fails_after_the_answer_ends_that_call_alone() -> None:
    async def story(house: House) -> None:
        async def fail() -> None:
            raise ZeroDivisionError

        await house.calls.begin(OFFER, NEW, "alice")
        failing = house.peer
        failing.close = fail  # type: ignore[method-assign]
        other = await house.calls.begin(OFFER, NEW, "bob")
        failing.hang_up()
        await _settle()
        assert house.calls.find(other.id, BOB) is other
        failing.over.set()

    tell(story, seats=2)
