from __future__ import annotations

import asyncio
import os
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from antiphon.errors import Misconfigured, Unavailable
from ops.supervisor.child import Child
from ops.supervisor.keeper import Crashed, Event, Ready
from ops.supervisor.plan import Service
from ops.supervisor.run_folder import holder, read_states
from ops.supervisor.supervisor import claimed, supervised
from tests.ops.supervisor.services import quick, stand_in

PATIENCE_S = 60.0


@pytest.fixture
def services(tmp_path: Path) -> list[Service]:
    return [stand_in("serve", tmp_path, "asr"), stand_in("serve", tmp_path, "server")]


def test_the_block_begins_when_all_answer_and_nothing_outlives_it(
    tmp_path: Path, services: list[Service], monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[Event] = []
    stopped: list[int] = []
    stop = Child.stop

    async def noted(child: Child, grace_s: float) -> bool:
        stopped.append(child.pid)
        return await stop(child, grace_s)

    monkeypatch.setattr(Child, "stop", noted)

    async def run() -> list[int]:
        async with supervised(services, tmp_path, quick(tmp_path), events.append):
            states = read_states(tmp_path)
            assert {name: state.state for name, state in states.items()} == {
                "asr": "ready",
                "server": "ready",
            }
            return [states["server"].pid, states["asr"].pid]

    gateway_first = asyncio.run(run())
    assert {event.service for event in events if isinstance(event, Ready)} == {"asr", "server"}
    assert stopped == gateway_first
    for pid in gateway_first:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_what_ends_in_between_is_started_again(tmp_path: Path, services: list[Service]) -> None:
    events: asyncio.Queue[Event] = asyncio.Queue()

    async def run() -> None:
        async with (
            asyncio.timeout(PATIENCE_S),
            supervised(services, tmp_path, quick(tmp_path), events.put_nowait),
        ):
            assert {(await events.get()).service for _ in range(2)} == {"asr", "server"}
            os.kill(read_states(tmp_path)["asr"].pid, 9)
            assert isinstance(await events.get(), Crashed)
            assert isinstance(await events.get(), Ready)

    asyncio.run(run())


def test_one_that_does_not_start_ends_the_others(tmp_path: Path) -> None:
    services = [stand_in("family", tmp_path, "llm"), stand_in("crash", tmp_path, "asr")]

    async def run() -> None:
        async with supervised(services, tmp_path, quick(tmp_path), lambda _: None):
            raise AssertionError("not all services answer")

    with pytest.raises(Unavailable, match="asr service ended as it started"):
        asyncio.run(run())


def test_nothing_starts_where_an_address_is_taken(tmp_path: Path, services: list[Service]) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "asr.sock"))
        listener.listen()
        with (
            pytest.raises(Misconfigured, match=r"\[asr\] address: another process listens"),
            claimed(services, tmp_path),
        ):
            raise AssertionError("an address is taken")
    assert holder(tmp_path) is None


def test_a_claim_holds_the_folder(tmp_path: Path, services: list[Service]) -> None:
    with claimed(services, tmp_path):
        assert holder(tmp_path) == os.getpid()
        with (
            pytest.raises(Misconfigured, match="an appliance already runs"),
            claimed(services, tmp_path),
        ):
            raise AssertionError("the folder is taken")


def test_what_the_block_raises_comes_out_as_it_is(tmp_path: Path, services: list[Service]) -> None:
    async def run() -> None:
        async with supervised(services[:1], tmp_path, quick(tmp_path), lambda _: None):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        asyncio.run(run())


def test_a_full_disk_does_not_stop_it(
    tmp_path: Path, services: list[Service], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("ops.supervisor.supervisor.write_states", full)

    async def run() -> None:
        async with supervised(services[:1], tmp_path, quick(tmp_path), lambda _: None):
            pass

    asyncio.run(run())


def test_two_services_at_one_address_are_refused_before_anything_is_held(tmp_path: Path) -> None:
    asr, llm = (
        replace(stand_in("serve", tmp_path, name), listens={f"[{name}] address": "127.0.0.1:7"})
        for name in ("asr", "llm")
    )
    said = r"\[asr\] address \(asr\) and \[llm\] address \(llm\) are both 127.0.0.1:7"
    with pytest.raises(Misconfigured, match=said), claimed([asr, llm], tmp_path):
        raise AssertionError("they cannot both listen there")
    assert holder(tmp_path) is None
