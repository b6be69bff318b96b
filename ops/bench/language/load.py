"""A load of concurrent streams, the same for our service and for the engine alone. Pure but for the clock."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from random import Random
from statistics import median
from typing import Generic, TypeVar

STREAMS = (1, 2, 4, 8)
MAX_TOKENS = 40
# Callers speak when they like. Without a pause the answers, which are of one length, end in one
# step of the engine, and all streams ask for the next in the same millisecond; what that costs is
# measured apart.
LONGEST_PAUSE_S = 0.3
# For each number of streams: at 45 ms a token, 1.8 s an answer, all loads together take one and a
# half minutes.
REQUESTS = 16
# About 190 tokens, as a site's own instructions have; with the question, a prompt is about 205.
INSTRUCTIONS = (
    "You are the assistant who answers the telephone of a general hospital. You speak with patients and "
    "with those who care for them. Be friendly, calm and brief: whatever you say is spoken aloud, so use "
    "short sentences, no lists and no abbreviations. You know the departments, the visiting hours, how to "
    "come by bus and by car, where to park, and how to change an appointment. You do not give medical "
    "advice: if somebody asks for it, offer to put them through to a nurse. If it sounds like an emergency, "
    "tell them to hang up and to call the emergency number at once. Never invent a name, a number or a "
    "time: if you do not know it, say so, and offer to find somebody who does. If you did not understand, "
    "ask once more, and then offer to put them through to the front desk. Greet nobody twice."
)
TOPICS = (
    "the visiting hours on Sundays",
    "the way from the station",
    "parking near the entrance",
    "changing an appointment",
    "the children's ward",
    "what to bring for a night",
    "the cafeteria",
    "speaking with a doctor",
)

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Pace:
    """When one answer's first and last token came, from when it was asked for, and how many there were."""

    first_ms: float
    last_ms: float
    tokens: int

    @property
    def between_ms(self) -> float:
        """Mean time between two tokens."""
        return (self.last_ms - self.first_ms) / (self.tokens - 1)


@dataclass(frozen=True, slots=True)
class Answered(Generic[R]):
    """All answers of one load, and how long they took together."""

    answers: Sequence[R]
    seconds: float


def question(number: int) -> str:
    """Return the user's message of the request with this number; each is another."""
    return f"Question {number}: please tell me about {TOPICS[number % len(TOPICS)]}."


def numbers(streams: int, limit: int | None = None) -> range:
    """Return the requests that measure `streams`: enough for a median, after one a stream to warm up.

    No two loads share a question, or the engine would have read it before.
    """
    measured = max(limit or REQUESTS, 2 * streams)
    return range(1000 * streams, 1000 * streams + streams + measured)


async def in_streams(
    streams: int, numbers: Iterable[int], ask: Callable[[int], Awaitable[R]]
) -> Answered[R]:
    """Ask for every number, `streams` at a time, each at its own moment; the first ones only warm up."""
    waiting = iter(numbers)
    for number in islice(waiting, streams):
        await ask(number)

    async def after_a_pause(number: int) -> R:
        await asyncio.sleep(Random(number).uniform(0, LONGEST_PAUSE_S))
        return await ask(number)

    async def stream() -> list[R]:
        return [await after_a_pause(number) for number in waiting]

    clock = asyncio.get_running_loop().time
    started = clock()
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(stream()) for _ in range(streams)]
    return Answered([one for task in tasks for one in task.result()], clock() - started)


async def at_once(
    streams: int, numbers: Iterable[int], ask: Callable[[int], Awaitable[R]]
) -> list[R]:
    """Ask for `streams` of the numbers in the same moment, then for the next ones."""
    waiting = list(numbers)
    answers: list[R] = []
    for start in range(0, len(waiting), streams):
        answers += await asyncio.gather(*map(ask, waiting[start : start + streams]))
    return answers


def summary(paces: Sequence[Pace], seconds: float) -> dict[str, float]:
    """Return what is told of a load: medians, and tokens of all streams a second."""
    return {
        "ttft_ms": median(pace.first_ms for pace in paces),
        "itl_ms": median(pace.between_ms for pace in paces),
        "tokens_per_s": sum(pace.tokens for pace in paces) / seconds,
    }
