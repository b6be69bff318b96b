"""Callers who come, go and find no room, counted at the doors themselves."""

from __future__ import annotations

import asyncio

import pytest
from prometheus_client import CollectorRegistry

from antiphon.errors import AntiphonError, Exhausted, NotPermitted, Unavailable
from server.access.keyring import Keyring
from server.door import KeyShown, Refusal, SessionEnd, Transport, Wanted
from server.engines.guests import Guests
from server.host import RESUME_S
from server.observability.doors import Doors
from server.sessions import Opening, Sessions, hosting
from tests.server.fake_session import Client
from tests.server.http.house import Echoes
from tests.server.observability.scraped import labels, value
from tests.virtual_time import run_virtual


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def doors(registry: CollectorRegistry) -> Doors:
    return Doors(registry)


def _ended(registry: CollectorRegistry, transport: str, end: str) -> float:
    return value(registry, "antiphon_sessions_ended_total", transport=transport, end=end)


def test_every_series_is_there_from_the_start(registry: CollectorRegistry, doors: Doors) -> None:
    assert labels(registry) == {
        "transport": set(Transport),
        "end": set(SessionEnd),
        "service": set(Wanted),
        "reason": set(Refusal),
        "key": set(KeyShown),
    }


def test_guests_who_find_no_place_are_counted(registry: CollectorRegistry, doors: Doors) -> None:
    guests = Guests(1, doors)
    with guests.synthesis(), pytest.raises(Exhausted), guests.synthesis():
        raise AssertionError("there is one place")
    refused = "antiphon_refusals_total"
    assert value(registry, refused, service="synthesis", reason="full") == 1
    assert value(registry, refused, service="generation", reason="full") == 0


def test_callers_who_are_refused_are_counted(registry: CollectorRegistry, doors: Doors) -> None:
    async def main() -> None:
        async with hosting(Echoes().make, 1, doors) as sessions:
            with sessions.seat(Opening()):
                with pytest.raises(Exhausted), sessions.seat(Opening()):
                    raise AssertionError("there is one seat")
                await sessions.drain(0)
                with pytest.raises(Unavailable), sessions.seat(Opening()):
                    raise AssertionError("nobody is let in")

    run_virtual(main())
    refused = "antiphon_refusals_total"
    assert value(registry, refused, service="conversation", reason="full") == 1
    assert value(registry, refused, service="conversation", reason="stopping") == 1


@pytest.mark.parametrize(("shown", "key"), [(None, "missing"), ("Bearer ak_y", "unknown")])
def test_keys_that_open_nothing_are_counted(
    registry: CollectorRegistry, doors: Doors, shown: str | None, key: str
) -> None:
    keyring = Keyring("ak_x", doors)
    keyring.check("Bearer ak_x")
    with pytest.raises(NotPermitted):
        keyring.check(shown)
    refused = {each: value(registry, "antiphon_keys_refused_total", key=each) for each in KeyShown}
    assert refused == {each: float(each == key) for each in KeyShown}


async def _call(sessions: Sessions, client: Client, transport: Transport) -> None:
    with sessions.seat(Opening(transport=transport)) as seat:
        await seat.attend(client.line)


def test_sessions_are_counted_while_they_live_and_by_how_they_end(
    registry: CollectorRegistry, doors: Doors
) -> None:
    async def main() -> None:
        async with hosting(Echoes().make, 4, doors) as sessions, asyncio.TaskGroup() as tasks:
            doors.watch(sessions)
            polite, broken, dismissed = Client(), Client(), Client()
            tasks.create_task(_call(sessions, polite, Transport.GRPC))
            tasks.create_task(_call(sessions, broken, Transport.WEBRTC))
            held = asyncio.create_task(_call(sessions, dismissed, Transport.WEBSOCKET))
            await asyncio.sleep(1)
            assert value(registry, "antiphon_sessions") == 3
            assert value(registry, "antiphon_sessions_max") == 4
            polite.hang_up()
            broken.lose()
            await asyncio.sleep(RESUME_S + 1)
            assert value(registry, "antiphon_sessions") == 1
            assert _ended(registry, "grpc", "hung_up") == 1
            assert _ended(registry, "webrtc", "lost") == 1
            await sessions.dismiss()
            with pytest.raises(Unavailable):
                await held
            assert _ended(registry, "websocket", "dismissed") == 1

    run_virtual(main())


def test_a_session_that_cannot_go_on_has_failed(registry: CollectorRegistry, doors: Doors) -> None:
    async def main() -> None:
        async with hosting(Echoes().make, 1, doors) as sessions:
            client = Client()
            client.send("fail")
            with pytest.raises(AntiphonError, match="it failed"):
                await _call(sessions, client, Transport.GRPC)

    run_virtual(main())
    assert _ended(registry, "grpc", "failed") == 1
