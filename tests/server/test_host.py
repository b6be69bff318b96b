"""A session over one line after the other."""

from __future__ import annotations

import asyncio

import pytest

from antiphon.errors import AntiphonError, Conflict, Unavailable
from server.host import RESUME_S, Host
from server.visit import Visit
from tests.server.fake_session import Client, FakeSession
from tests.virtual_time import run_virtual


def _now() -> float:
    return asyncio.get_running_loop().time()


def _visit(host: Host, client: Client) -> Visit:
    visit = Visit(client.line)
    host.receive(visit)
    return visit


async def _settle() -> None:
    await asyncio.sleep(0.001)


def test_a_client_that_hangs_up_ends_the_session() -> None:
    async def main() -> None:
        session, client = FakeSession(), Client()
        host = Host(session)
        visit = _visit(host, client)
        client.send(b"\0\0")
        client.hang_up()
        await host.live()
        await visit.ended
        assert session.over
        assert await client.read() == [b"\0\0"]

    run_virtual(main())


def test_a_session_that_ends_itself_ends_its_line() -> None:
    async def main() -> None:
        session, client = FakeSession(), Client()
        host = Host(session)
        visit = _visit(host, client)
        client.send("close")
        await host.live()
        await visit.ended

    run_virtual(main())


@pytest.mark.parametrize("back_after_s", [0, 1, RESUME_S - 1])
def test_a_lost_line_may_be_followed_by_another_within_a_minute(back_after_s: float) -> None:
    async def main() -> None:
        session, first, second = FakeSession(), Client(), Client()
        host = Host(session)
        living = asyncio.create_task(host.live())
        lost = _visit(host, first)
        await asyncio.sleep(10)
        assert host.waits_since is None
        first.lose()
        await lost.ended
        assert host.waits_since == 10
        await asyncio.sleep(back_after_s)
        resumed = _visit(host, second)
        assert host.waits_since is None
        second.send(b"\1\0")
        second.hang_up()
        await resumed.ended
        await living
        assert session.lines == 2
        assert await second.read() == [b"\1\0"]

    run_virtual(main())


def test_a_session_nobody_comes_back_to_ends_after_a_minute() -> None:
    async def main() -> None:
        session, client = FakeSession(), Client()
        host = Host(session)
        _visit(host, client)
        client.lose()
        await host.live()
        assert session.over
        assert _now() == pytest.approx(RESUME_S)

    run_virtual(main())


def test_a_second_line_supersedes_the_first() -> None:
    async def main() -> None:
        session, first, second = FakeSession(), Client(), Client()
        host = Host(session)
        living = asyncio.create_task(host.live())
        superseded = _visit(host, first)
        await _settle()
        resumed = _visit(host, second)
        with pytest.raises(Conflict) as told:
            await superseded.ended
        assert told.value.reason == "SUPERSEDED"
        assert session.lost_at_s == [_now()]
        second.send(b"\0\0")
        second.hang_up()
        await resumed.ended
        await living
        assert session.lines == 2

    run_virtual(main())


def test_of_several_that_come_at_once_the_last_is_attended() -> None:
    async def main() -> None:
        session, clients = FakeSession(), [Client() for _ in range(3)]
        host = Host(session)
        living = asyncio.create_task(host.live())
        visits = [_visit(host, client) for client in clients]
        for visit in visits[:2]:
            with pytest.raises(Conflict):
                await visit.ended
        clients[2].hang_up()
        await visits[2].ended
        await living

    run_virtual(main())


@pytest.mark.parametrize(
    ("event", "message"), [("fail", "it failed"), ("bug", "internal error (ZeroDivisionError)")]
)
def test_a_session_that_cannot_go_on_says_so_and_harms_no_other(
    event: str, message: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        session, client = FakeSession(), Client()
        host = Host(session)
        visit = _visit(host, client)
        client.send(event)
        await host.live()
        with pytest.raises(AntiphonError) as told:
            await visit.ended
        assert told.value.message.startswith(message)
        assert session.over

    run_virtual(main())
    assert "tangerine" not in caplog.text


def test_what_it_is_cancelled_for_is_told() -> None:
    async def main() -> None:
        host = Host(FakeSession())
        living = asyncio.create_task(host.live())
        visit = _visit(host, Client())
        await _settle()
        host.parting = Unavailable("it stops", reason="STOPPING")
        living.cancel()
        with pytest.raises(Unavailable, match="it stops"):
            await visit.ended
        await asyncio.wait({living})

    run_virtual(main())


@pytest.mark.parametrize("attending", [True, False])
def test_whoever_is_there_when_it_is_cancelled_is_told(attending: bool) -> None:
    async def main() -> None:
        host = Host(FakeSession())
        living = asyncio.create_task(host.live())
        await _settle()
        visit = _visit(host, Client())
        if attending:
            await _settle()
        living.cancel()
        with pytest.raises(Unavailable, match="has ended"):
            await visit.ended
        with pytest.raises(asyncio.CancelledError):
            await living

    run_virtual(main())
