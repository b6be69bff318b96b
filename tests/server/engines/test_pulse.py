"""An engine's sign of life, by a clock that jumps."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest

from antiphon.errors import Unavailable
from server.engines.pulse import ASK_S, OWN_LAG_S, Pulse
from tests.server.fake_call import rpc_error
from tests.virtual_time import run_virtual

SIGN_S = 0.5


class Engine:
    """Answers as the test lets it."""

    def __init__(self) -> None:
        self.serves = True
        self.dead = False
        self.answers = asyncio.Event()
        self.answers.set()
        self.asked = 0

    async def check(self) -> bool:
        self.asked += 1
        await self.answers.wait()
        if self.dead:
            raise rpc_error()
        return self.serves


def watch(story: Callable[[Pulse, Engine], Awaitable[None]]) -> Pulse:
    """Return the pulse after `story`."""

    async def main() -> Pulse:
        pulse, engine = Pulse("demo", SIGN_S, ready=False), Engine()
        watching = asyncio.create_task(pulse.watch(engine.check))
        await story(pulse, engine)
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
        return pulse

    return run_virtual(main())


def test_an_engine_is_ready_while_it_says_so() -> None:
    async def story(pulse: Pulse, engine: Engine) -> None:
        assert not pulse.ready
        await pulse.until_ready()
        assert asyncio.get_running_loop().time() == 0
        engine.serves = False
        await pulse.until_unready()
        assert asyncio.get_running_loop().time() == ASK_S
        assert not pulse.ready
        engine.serves, engine.dead = True, True
        await asyncio.sleep(2 * ASK_S)
        assert not pulse.ready
        with pytest.raises(Unavailable, match="not reachable"):
            async with pulse.bound(None):
                await asyncio.sleep(1)
        engine.dead = False
        await asyncio.sleep(2 * ASK_S)
        assert pulse.ready

    watch(story)


def test_one_that_was_never_there_may_be_starting() -> None:
    async def story(pulse: Pulse, engine: Engine) -> None:
        engine.dead = True
        await asyncio.sleep(1)
        async with pulse.bound(None):
            await asyncio.sleep(1)
        assert not pulse.ready

    watch(story)


def test_one_that_falls_silent_ends_what_waits_for_it_and_what_comes_then() -> None:
    async def story(pulse: Pulse, engine: Engine) -> None:
        await pulse.until_ready()
        engine.answers.clear()
        with pytest.raises(Unavailable, match="no sign of life") as told:
            async with pulse.bound(None):
                await asyncio.Event().wait()
        assert told.value.service == "demo"
        silent_s = asyncio.get_running_loop().time()
        assert silent_s == pytest.approx(ASK_S + SIGN_S + OWN_LAG_S)
        with pytest.raises(Unavailable, match="no sign of life"):
            async with pulse.bound(30):
                await asyncio.sleep(10)
        assert asyncio.get_running_loop().time() == silent_s
        assert not pulse.ready
        engine.answers.set()
        await pulse.until_ready()
        async with pulse.bound(30):
            await asyncio.sleep(10)

    watch(story)


def test_one_that_is_slow_has_the_time_that_it_is_given() -> None:
    async def story(pulse: Pulse, engine: Engine) -> None:
        await pulse.until_ready()
        async with pulse.bound(3):
            await asyncio.sleep(2.9)
        with pytest.raises(Unavailable, match="sent nothing for 3 s"):
            async with pulse.bound(3):
                await asyncio.sleep(60)

    watch(story)


def test_after_a_call_that_fails_the_engine_is_asked_at_once() -> None:
    async def story(pulse: Pulse, engine: Engine) -> None:
        await pulse.until_ready()
        await asyncio.sleep(ASK_S / 2)
        asked, engine.dead = engine.asked, True
        assert pulse.note(problem := Unavailable("gone")) is problem
        with pytest.raises(TimeoutError):
            # What it said before the call failed does not count any more.
            async with asyncio.timeout(ASK_S / 4):
                await pulse.until_ready()
        assert engine.asked == asked + 1

    watch(story)


def test_what_came_while_this_process_was_late_counts() -> None:
    async def story(pulse: Pulse, engine: Engine) -> None:
        await pulse.until_ready()
        engine.answers.clear()
        await asyncio.sleep(ASK_S + SIGN_S + OWN_LAG_S / 2)
        engine.answers.set()
        await asyncio.sleep(ASK_S)
        assert pulse.ready

    watch(story)


def test_an_engine_that_nobody_watches_is_taken_for_well() -> None:
    async def main() -> None:
        pulse = Pulse("demo")
        pulse.note(Unavailable("gone"))
        await pulse.until_ready()
        assert pulse.ready
        async with pulse.bound(None):
            await asyncio.sleep(1000)

    run_virtual(main())
