from __future__ import annotations

import asyncio

import pytest

from ops.bench.language.load import (
    LONGEST_PAUSE_S,
    REQUESTS,
    STREAMS,
    Pace,
    at_once,
    in_streams,
    numbers,
    question,
    summary,
)
from tests.virtual_time import run_virtual


class Engine:
    """Answers in a second with the number; remembers how many it had at a time."""

    def __init__(self) -> None:
        self.now = 0
        self.most = 0
        self.started: list[float] = []

    async def ask(self, number: int) -> int:
        self.started.append(asyncio.get_running_loop().time())
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(1)
        self.now -= 1
        return number


@pytest.mark.parametrize("streams", STREAMS)
def test_so_many_at_a_time_and_each_once(streams: int) -> None:
    engine = Engine()
    answered = run_virtual(in_streams(streams, range(3 * streams), engine.ask))
    assert engine.most == streams
    assert sorted(answered.answers) == list(range(streams, 3 * streams))
    assert 2 <= answered.seconds <= 2 + 3 * LONGEST_PAUSE_S


def test_callers_do_not_ask_in_step() -> None:
    engine = Engine()
    run_virtual(in_streams(4, range(12), engine.ask))
    assert len(set(engine.started[4:])) == 8


def test_at_once_is_in_the_same_moment() -> None:
    engine = Engine()
    assert run_virtual(at_once(2, range(4), engine.ask)) == [0, 1, 2, 3]
    assert engine.started == [0, 0, 1, 1]


def test_no_two_loads_share_a_question() -> None:
    asked = [question(number) for streams in STREAMS for number in numbers(streams)]
    assert len(set(asked)) == len(asked)


@pytest.mark.parametrize(
    ("streams", "limit", "measured"), [(1, None, REQUESTS), (8, None, 16), (8, 4, 16), (1, 4, 4)]
)
def test_how_many_are_asked(streams: int, limit: int | None, measured: int) -> None:
    assert len(numbers(streams, limit)) == streams + measured


def test_what_is_told_of_a_load() -> None:
    paces = [Pace(10, 110, 11), Pace(20, 60, 5), Pace(30, 150, 7)]
    assert summary(paces, 2) == {"ttft_ms": 20, "itl_ms": 10, "tokens_per_s": 11.5}
