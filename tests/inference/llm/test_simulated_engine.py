from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import replace
from statistics import median

import pytest

from antiphon.errors import Exhausted, InvalidInput
from inference.llm.engine import Event, Finish, Message, Request, Role, Sampling, TextDelta
from inference.llm.settings import LlmSettings
from inference.llm.simulated_engine import SLOTS, SimulatedEngine
from tests.virtual_time import run_virtual

HELLO = Request((Message(Role.USER, "hello"),), Sampling(max_tokens=20))


def engine(**simulated: object) -> SimulatedEngine:
    settings = {"engine": "simulated", "max_waiting": 1, "simulated": simulated}
    return SimulatedEngine(LlmSettings.model_validate(settings))


async def answer(one: SimulatedEngine, request: Request = HELLO) -> list[Event]:
    return [event async for event in one.generate(request)]


def finish(events: list[Event]) -> Finish:
    assert isinstance(events[-1], Finish)
    return events[-1]


def test_without_spread_it_takes_exactly_the_medians() -> None:
    timing = finish(run_virtual(answer(engine(sigma=0)))).timing
    assert timing.first_output_ms == pytest.approx(15)
    assert timing.compute_ms == pytest.approx(15 + 19 * 8)


def test_delays_spread_around_the_medians() -> None:
    async def many() -> list[float]:
        one = engine()
        return [finish(await answer(one)).timing.first_output_ms for _ in range(200)]

    found = run_virtual(many())
    assert median(found) == pytest.approx(15, rel=0.05)
    assert min(found) < 12 < 19 < max(found)


@pytest.mark.parametrize(("seed", "same"), [(1, True), (2, False)])
def test_the_seed_decides_the_delays(seed: int, same: bool) -> None:
    first = finish(run_virtual(answer(engine(seed=1)))).timing
    second = finish(run_virtual(answer(engine(seed=seed)))).timing
    assert (first == second) is same


def test_guests_leave_half_of_its_slots_to_conversations() -> None:
    async def main() -> None:
        one = engine()
        guest = replace(HELLO, guest=True)
        async with asyncio.TaskGroup() as tasks:
            for _ in range(SLOTS // 2 + 1):
                tasks.create_task(answer(one, guest))
            await asyncio.sleep(0)
            with pytest.raises(Exhausted):
                await answer(one, guest)
            assert await answer(one)

    run_virtual(main())


def test_text_then_finish_with_its_counts() -> None:
    events = run_virtual(answer(engine()))
    assert all(isinstance(event, TextDelta) for event in events[:-1])
    usage = finish(events).usage
    assert (usage.prompt_tokens, usage.cached_tokens) == (3, 0)
    assert usage.completion_tokens == 20


def test_a_prompt_that_does_not_fit_is_refused() -> None:
    with pytest.raises(InvalidInput, match="2048"):
        run_virtual(answer(engine(), Request((Message(Role.USER, "x" * 9000),))))


def test_closing_it_stops_it_and_frees_its_place() -> None:
    async def main() -> None:
        one = engine()
        for _ in range(SLOTS + 5):
            async with aclosing(one.generate(HELLO)) as events:
                await anext(events)

    run_virtual(main())


def test_more_than_it_holds_are_refused() -> None:
    async def main() -> None:
        one = engine()
        async with asyncio.TaskGroup() as group:
            for _ in range(SLOTS + 1):
                group.create_task(answer(one))
            await asyncio.sleep(0.001)
            with pytest.raises(Exhausted):
                await answer(one)

    run_virtual(main())


def test_it_keeps_nothing() -> None:
    async def main() -> int:
        one = engine()
        cached = await one.warm(HELLO.messages, ())
        await one.close()
        return cached

    assert run_virtual(main()) == 0
