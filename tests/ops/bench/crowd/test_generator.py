"""A process of callers, within the test's own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path

import grpc
import pytest

from ops.bench.bench import Transport
from ops.bench.calls.line import Event, Line
from ops.bench.crowd import generator
from ops.bench.crowd.generator import SPREAD_S, Crowd, Plan, serve, why
from ops.bench.crowd.knocking import AGAIN_S, DOORS
from ops.bench.crowd.questions import write
from ops.bench.services import Running
from ops.settings import Settings
from tests.ops.bench.crowd.made import question
from tests.ops.bench.crowd.test_conversation import Agent
from tests.virtual_time import run_virtual

GATEWAY = Running(Path("/none"), Settings.load({}))


class Lines:
    """Lets callers in, up to a number."""

    def __init__(self, seats: int = 100) -> None:
        self.seats = seats
        self.open = 0

    @asynccontextmanager
    async def dial(self, transport: Transport, gateway: Running) -> AsyncIterator[Line]:
        if self.open >= self.seats:
            raise ConnectionError("no room")
        self.open += 1
        try:
            yield Agent()
        finally:
            self.open -= 1

    async def door(self, gateway: Running) -> bool:
        return True


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Lines:
    found = Lines()
    monkeypatch.setattr(generator, "dial", found.dial)
    monkeypatch.setitem(DOORS, Transport.GRPC, found.door)
    return found


def _crowd() -> Crowd:
    return Crowd(GATEWAY, [question()], Transport.GRPC, simulated=True)


def test_callers_come_over_the_time_of_a_turn_and_talk_until_they_leave(lines: Lines) -> None:
    async def main() -> None:
        crowd = _crowd()
        assert await crowd.obey({"call": [0, 1, 2]}) == {"talking": 3}
        assert asyncio.get_running_loop().time() == pytest.approx(SPREAD_S)
        told = await crowd.obey({"talk": 20.0})
        assert (told["talking"], told["lost"]) == (3, {})
        assert len(told["turns"]) > 6
        assert {turn["question"] for turn in told["turns"]} == {"a.wav"}
        assert told["late_ms"] < 0.001
        assert told["knocks"] == {"refused_ms": [], "admitted": 0, "otherwise": 0}
        assert await crowd.obey({"leave": 2}) == {"talking": 1}
        assert lines.open == 1
        assert await crowd.obey({"call": []}) == {"talking": 1}
        await crowd.close()
        assert lines.open == 0

    run_virtual(main())


def test_what_was_seen_before_is_not_told_again(lines: Lines) -> None:
    async def main() -> None:
        crowd = _crowd()
        await crowd.obey({"call": [0]})
        first = await crowd.obey({"talk": 20.0})
        second = await crowd.obey({"talk": 0.1})
        assert len(first["turns"]) > len(second["turns"])
        await crowd.close()

    run_virtual(main())


def test_a_caller_who_is_not_let_in_is_counted_and_harms_no_other(lines: Lines) -> None:
    async def main() -> None:
        lines.seats = 1
        crowd = _crowd()
        assert await crowd.obey({"call": [0, 1]}) == {"talking": 1}
        told = await crowd.obey({"talk": 6.0, "knockers": 2})
        assert told["lost"] == {"ConnectionError: no room": 1}
        assert told["turns"]
        assert len(told["knocks"]["refused_ms"]) == 2 + int(AGAIN_S < 6)
        await crowd.close()

    run_virtual(main())


def test_who_was_lost_calls_again_and_is_counted_once(lines: Lines) -> None:
    async def main() -> None:
        lines.seats = 1
        crowd = _crowd()
        assert await crowd.obey({"call": [0, 1]}) == {"talking": 1}
        assert sum((await crowd.obey({"talk": 1.0}))["lost"].values()) == 1
        assert await crowd.obey({"call": []}) == {"talking": 1}
        assert sum((await crowd.obey({"talk": 1.0}))["lost"].values()) == 1
        lines.seats = 3
        assert await crowd.obey({"call": [2]}) == {"talking": 3}
        assert (await crowd.obey({"talk": 1.0}))["lost"] == {}
        assert await crowd.obey({"leave": 3}) == {"talking": 0}
        assert lines.open == 0

    run_virtual(main())


def test_of_nested_failures_the_first_is_named() -> None:
    assert why(ExceptionGroup("", [ExceptionGroup("", [ValueError("x")])])) == "ValueError: x"


def test_what_the_gateway_says_is_told_in_its_words() -> None:
    refused = grpc.aio.AioRpcError(
        grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.aio.Metadata(), grpc.aio.Metadata(), "no room"
    )
    assert why(refused) == "Exhausted: the gateway service failed: no room"


def test_orders_are_obeyed_one_after_the_other(
    lines: Lines,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    write([question()], tmp_path)
    monkeypatch.setattr(generator, "found_in", lambda folder: GATEWAY)
    orders: list[Event] = [{"call": [0]}, {"talk": 5.0}]

    async def main() -> None:
        told = asyncio.StreamReader()
        told.feed_data(b"".join(json.dumps(order).encode() + b"\n" for order in orders))
        told.feed_eof()
        plan = Plan(str(tmp_path), str(tmp_path), Transport.GRPC, simulated=True)
        await serve(Plan(**json.loads(json.dumps(asdict(plan)))), told)
        assert lines.open == 0

    run_virtual(main())
    called, talked = map(json.loads, capsys.readouterr().out.splitlines())
    assert called == {"talking": 1}
    assert talked["talking"] == 1
