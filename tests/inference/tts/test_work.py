"""Timing trailers and deadlines, in virtual time."""

from __future__ import annotations

import asyncio

import numpy as np

from antiphon.timing import Timing
from inference.tts.engine import Piece, Step
from inference.tts.work import GUEST_WAITS_S, HEAD_START_S, Work
from tests.virtual_time import run_virtual

RATE_HZ = 8000


def step(audio_ms: int, queue_ms: float = 0.0, compute_ms: float = 0.0) -> Step:
    return Step(Piece(np.zeros(RATE_HZ * audio_ms // 1000, np.int16)), queue_ms, compute_ms)


def test_timing() -> None:
    async def main() -> Timing | None:
        work = Work()
        assert work.timing is None
        work.ask()
        await asyncio.sleep(0.050)
        work.add(step(100, 10, 40), RATE_HZ)
        await asyncio.sleep(0.5)
        work.ask()
        work.add(step(100, 1, 2), RATE_HZ)
        return work.timing

    assert run_virtual(main()) == Timing(11.0, 42.0, 50.0)


def test_nothing_came() -> None:
    async def main() -> Timing | None:
        work = Work()
        work.ask()
        return work.timing

    assert run_virtual(main()) == Timing()


def test_the_deadline_is_when_the_audio_runs_out() -> None:
    async def main() -> list[float]:
        work = Work()
        await asyncio.sleep(1)
        work.ask()
        deadlines = [work.deadline()]
        work.add(step(250), RATE_HZ)
        deadlines.append(work.deadline())
        await asyncio.sleep(0.125)
        work.ask()  # the next clause, with audio still to be heard
        deadlines.append(work.deadline())
        work.add(step(250), RATE_HZ)
        return [*deadlines, work.deadline()]

    assert run_virtual(main()) == [1.0 - HEAD_START_S, 1.25, 1.25, 1.5]


def test_a_guest_who_begins_goes_after_conversations_that_run_dry_meanwhile() -> None:
    async def main() -> list[str]:
        begins, guest = Work(), Work(guest=True)
        dry = {ms: Work() for ms in (500, GUEST_WAITS_S * 1000 + 500)}
        for ms, work in dry.items():
            work.ask()
            work.add(step(int(ms)), RATE_HZ)
        begins.ask()
        guest.ask()
        named = {"begins": begins, "guest": guest, "soon": dry[500], "late": [*dry.values()][1]}
        return sorted(named, key=lambda name: named[name].deadline())

    assert run_virtual(main()) == ["begins", "soon", "guest", "late"]


def test_whoever_had_no_text_for_long_is_no_more_urgent_than_a_new_caller() -> None:
    async def main() -> tuple[float, float]:
        work = Work()
        work.ask()
        work.add(step(250), RATE_HZ)
        await asyncio.sleep(60)
        work.ask()
        asked = work.deadline()
        await asyncio.sleep(0.5)  # and was served late
        work.add(step(500), RATE_HZ)
        return asked, work.deadline()

    assert run_virtual(main()) == (60.0 - HEAD_START_S, 61.0)


def test_who_begins_goes_before_who_just_ran_dry_and_after_who_waits_for_long() -> None:
    async def main() -> tuple[float, float, float]:
        dry, new = Work(), Work()
        dry.ask()
        dry.add(step(1000), RATE_HZ)
        await asyncio.sleep(1.5)
        new.ask()
        later = Work()
        await asyncio.sleep(HEAD_START_S)
        later.ask()
        return new.deadline(), dry.deadline(), later.deadline()

    new, dry, later = run_virtual(main())
    assert new < dry < later
