"""Seats, resume tokens, and the end of everything."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest

from antiphon.errors import AntiphonError, Conflict, Exhausted, InvalidInput, NotFound, Unavailable
from server.host import RESUME_S
from server.sessions import Opening, Sessions, hosting
from tests.server.fake_session import Client, FakeSession
from tests.virtual_time import run_virtual

NEW = Opening()


class House:
    """Sessions that echo."""

    def __init__(self, sessions: Sessions, made: list[FakeSession]) -> None:
        self.sessions = sessions
        self.made = made

    def call(self, client: Client, opening: Opening = NEW) -> asyncio.Task[None]:
        """Return the task of a caller."""

        async def run() -> None:
            with self.sessions.seat(opening) as seat:
                await seat.converse(client.line, client.deliver)

        return asyncio.create_task(run())

    def resume(self, client: Client) -> asyncio.Task[None]:
        return self.call(client, Opening(resume_token=self.made[-1].token))


Story = Callable[[House], Awaitable[None]]


def tell(story: Story, seats: int = 1) -> None:
    async def main() -> None:
        made: list[FakeSession] = []

        def open_session(opening: Opening, token: str) -> FakeSession:
            made.append(FakeSession(token))
            return made[-1]

        async with hosting(open_session, seats) as sessions:
            await story(House(sessions, made))
        assert all(session.over for session in made if session.lines)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    run_virtual(main())


async def _settle() -> None:
    await asyncio.sleep(0.001)


def test_a_session_says_all_it_has_to_say_and_gives_its_seat_back() -> None:
    async def story(house: House) -> None:
        client = Client()
        client.send(b"\1\0", b"\2\0")
        client.hang_up()
        await house.call(client)
        assert client.received == [b"\1\0", b"\2\0"]
        await _settle()
        assert house.sessions.free_seats == 1

    tell(story)


def test_seats_are_bounded_before_anything_is_made() -> None:
    async def story(house: House) -> None:
        serving = house.call(Client())
        await _settle()
        with pytest.raises(Exhausted) as full:
            await house.call(Client())
        assert full.value.reason == "SESSIONS_FULL"
        assert len(house.made) == 1
        serving.cancel()

    tell(story)


def test_a_seat_counts_from_when_it_is_taken() -> None:
    async def story(house: House) -> None:
        with house.sessions.seat(NEW), pytest.raises(Exhausted):
            await house.call(Client())
        assert house.sessions.free_seats == 1

    tell(story)


def test_an_opening_that_cannot_be_takes_no_seat() -> None:
    def refuse(opening: Opening, token: str) -> FakeSession:
        raise InvalidInput("no such voice")

    async def main() -> None:
        async with hosting(refuse, 1) as sessions:
            with pytest.raises(InvalidInput), sessions.seat(NEW):
                raise AssertionError("it was let in")
            assert sessions.free_seats == 1

    run_virtual(main())


def test_an_opening_that_cannot_be_costs_nobody_a_session() -> None:
    made: list[FakeSession] = []

    def open_session(opening: Opening, token: str) -> FakeSession:
        if made:
            raise InvalidInput("no such voice")
        made.append(FakeSession(token))
        return made[0]

    async def main() -> None:
        async with hosting(open_session, 1) as sessions:
            house, first, second = House(sessions, made), Client(), Client()
            first.lose()
            await house.call(first)
            with pytest.raises(InvalidInput):
                await house.call(Client())
            second.hang_up()
            await house.resume(second)

    run_virtual(main())


def test_a_lost_line_leaves_a_session_to_come_back_to() -> None:
    async def story(house: House) -> None:
        first, second = Client(), Client()
        first.lose()
        await house.call(first)
        await asyncio.sleep(RESUME_S - 1)
        second.send(b"\3\0")
        second.hang_up()
        await house.resume(second)
        assert second.received == [b"\3\0"]
        assert [session.lines for session in house.made] == [2]

    tell(story)


def test_a_cancelled_line_is_a_lost_one() -> None:
    async def story(house: House) -> None:
        serving = house.call(Client())
        await _settle()
        serving.cancel()
        await _settle()
        client = Client()
        client.hang_up()
        await house.resume(client)

    tell(story)


@pytest.mark.parametrize("waited_s", [None, RESUME_S + 1])
def test_an_unknown_or_expired_token_is_told(waited_s: float | None) -> None:
    async def story(house: House) -> None:
        token = "rt_unknown"
        if waited_s is not None:
            client = Client()
            client.lose()
            await house.call(client)
            token = house.made[0].token
            await asyncio.sleep(waited_s)
        with pytest.raises(NotFound) as unknown:
            await house.call(Client(), Opening(resume_token=token))
        assert (unknown.value.reason, unknown.value.metadata["param"]) == (
            "SESSION_NOT_FOUND",
            "resume_token",
        )
        assert token not in unknown.value.message

    tell(story)


def test_a_session_that_ends_between_seat_and_line_is_told() -> None:
    async def story(house: House) -> None:
        client = Client()
        client.lose()
        await house.call(client)
        with house.sessions.seat(Opening(resume_token=house.made[0].token)) as seat:
            await asyncio.sleep(RESUME_S + 1)
            with pytest.raises(NotFound):
                await seat.converse(Client().line, Client().deliver)

    tell(story)


def test_a_second_line_takes_the_session_over() -> None:
    async def story(house: House) -> None:
        first, second = Client(), Client()
        serving = house.call(first)
        await _settle()
        resumed = house.resume(second)
        with pytest.raises(Conflict):
            await serving
        assert house.sessions.free_seats == 0
        second.hang_up()
        await resumed

    tell(story)


def test_a_client_that_is_gone_for_good_ends_its_session_but_none_that_was_taken_over() -> None:
    async def story(house: House) -> None:
        with house.sessions.seat(NEW) as first:
            superseded = asyncio.create_task(first.attend(Client().line))
            await _settle()
            with house.sessions.seat(Opening(resume_token=first.token)) as second:
                attending = asyncio.create_task(second.attend(Client().line))
                with pytest.raises(Conflict):
                    await superseded
                first.close()
                await _settle()
                assert not attending.done()
                second.close()
                await attending
                second.close()
        assert house.made[0].over

    tell(story)


@pytest.mark.parametrize("begun", [False, True])
def test_a_client_may_be_gone_before_its_session_begins(begun: bool) -> None:
    async def story(house: House) -> None:
        client = Client()
        with house.sessions.seat(NEW) as seat:
            if not begun:
                seat.close()
            attending = asyncio.create_task(seat.converse(client.line, client.deliver))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            seat.close()
            await asyncio.wait({attending}, timeout=1)
            assert attending.done()
            attending.exception()
        await _settle()
        assert house.sessions.free_seats == 1

    tell(story)


def test_a_new_caller_gets_the_seat_of_the_session_that_waits_longest() -> None:
    async def story(house: House) -> None:
        for _ in range(2):
            client = Client()
            client.lose()
            await house.call(client)
            await asyncio.sleep(1)
        first, second = house.made
        assert house.sessions.free_seats == 2
        serving = house.call(Client())
        await _settle()
        assert (first.over, second.over) == (True, False)
        with pytest.raises(NotFound):
            await house.call(Client(), Opening(resume_token=first.token))
        serving.cancel()

    tell(story, seats=2)


def test_what_ends_a_session_is_told_after_all_that_came_before() -> None:
    async def story(house: House) -> None:
        client = Client()
        client.send(b"\1\0", "fail")
        with pytest.raises(AntiphonError) as failed:
            await house.call(client)
        assert failed.value.reason == "FAILED"
        assert client.received == [b"\1\0"]

    tell(story)


def test_a_line_that_cannot_deliver_is_lost() -> None:
    async def story(house: House) -> None:
        async def deliver(item: object) -> None:
            raise Unavailable("nobody reads")

        client = Client()
        client.send(b"\1\0")
        with house.sessions.seat(NEW) as seat, pytest.raises(Unavailable):
            await seat.converse(client.line, deliver)
        await _settle()
        assert house.made[0].lost_at_s == [0]

    tell(story)


@pytest.mark.parametrize(("ends_after_s", "took_s"), [(1, 1), (5, 3), (0, 0)])
def test_draining_waits_for_lines_to_end_and_lets_nobody_in(
    ends_after_s: float, took_s: float
) -> None:
    async def story(house: House) -> None:
        client = Client()
        serving = house.call(client)
        if not ends_after_s:
            client.hang_up()
            await serving
        else:
            asyncio.get_running_loop().call_later(ends_after_s, client.hang_up)
        await _settle()
        began = asyncio.get_running_loop().time()
        await house.sessions.drain(3)
        assert asyncio.get_running_loop().time() - began == pytest.approx(took_s, abs=0.01)
        with pytest.raises(Unavailable) as refused:
            await house.call(Client())
        assert refused.value.reason == "STOPPING"
        serving.cancel()

    tell(story)


def test_a_session_whose_line_broke_may_go_on_while_the_house_drains() -> None:
    async def story(house: House) -> None:
        first, staying = Client(), Client()
        first.lose()
        await house.call(first)
        serving = house.call(staying)
        await _settle()
        assert house.sessions.held == 2
        draining = asyncio.create_task(house.sessions.drain(60))
        await _settle()
        assert house.sessions.draining
        back = Client()
        back.send(b"\3\0")
        back.hang_up()
        await house.call(back, Opening(resume_token=house.made[0].token))
        assert back.received == [b"\3\0"]
        assert not draining.done()
        staying.hang_up()
        await serving
        await draining

    tell(story, seats=2)


def test_sessions_that_wait_for_their_client_hold_no_drain_up() -> None:
    async def story(house: House) -> None:
        client = Client()
        client.lose()
        await house.call(client)
        began = asyncio.get_running_loop().time()
        await house.sessions.drain(60)
        assert asyncio.get_running_loop().time() == began
        with pytest.raises(Unavailable, match="stops"):
            await house.call(Client(), Opening(resume_token="rt_unknown"))

    tell(story)


@pytest.mark.parametrize("waits", [False, True])
def test_whoever_is_left_is_told_that_the_house_stops(waits: bool) -> None:
    async def story(house: House) -> None:
        client = Client()
        if waits:
            client.lose()
        serving = house.call(client)
        await _settle()
        began = asyncio.get_running_loop().time()
        await house.sessions.dismiss()
        assert asyncio.get_running_loop().time() == began
        if waits:
            await serving
        else:
            with pytest.raises(Unavailable) as told:
                await serving
            assert told.value.reason == "STOPPING"
        await _settle()
        assert house.made[0].over

    tell(story)


def test_the_end_of_the_house_is_told_to_whoever_is_in_it() -> None:
    async def main() -> None:
        async with hosting(lambda _, token: FakeSession(token), 1) as sessions:
            line = Client().line
            with sessions.seat(NEW) as seat:
                attending = asyncio.create_task(seat.attend(line))
                await _settle()
        with pytest.raises(Unavailable, match="has ended"):
            await attending

    run_virtual(main())


async def _random_life(house: House, chance: random.Random) -> None:
    client = Client()
    calling = house.call(client)
    await asyncio.sleep(chance.uniform(0, 2))
    client.send(b"\0\0", *chance.choices(["x", "close", "fail", "bug"], k=2))
    if chance.random() < 0.3:
        other = Client()
        asyncio.get_running_loop().call_later(chance.uniform(0, 2), other.hang_up)
        await asyncio.gather(house.resume(other), return_exceptions=True)
    match chance.randrange(3):
        case 0:
            client.hang_up()
        case 1:
            client.lose()
        case 2:
            calling.cancel()
    with suppress(AntiphonError, asyncio.CancelledError):
        await calling


@pytest.mark.parametrize("seed", range(5))
def test_two_hundred_callers_leave_nothing_behind(seed: int) -> None:
    async def story(house: House) -> None:
        chance = random.Random(seed)
        async with asyncio.TaskGroup() as lives:
            for _ in range(200):
                lives.create_task(_random_life(house, random.Random(chance.random())))
        await asyncio.sleep(RESUME_S + 1)
        assert house.sessions.free_seats == 150

    tell(story, seats=150)
