"""The one way from the event loop into a blocking engine: one thread, one piece of work at a time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import perf_counter
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Step(Generic[T]):
    """One value from the engine, with how long it waited for the thread and ran on it."""

    value: T
    queue_ms: float
    compute_ms: float


class Bridge:
    """Runs an engine's iterators step by step, so that callers take turns piece by piece.

    A caller that is cancelled takes no further step: the step in progress, one piece, is the most that
    is computed for nobody.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="tts-engine")

    async def stream(self, start: Callable[[], Iterator[T]]) -> AsyncIterator[Step[T]]:
        """Yield what the iterator of `start` yields; the next step begins when the caller asks for it."""
        loop = asyncio.get_running_loop()
        iterator = start()
        try:
            while (step := await loop.run_in_executor(self._thread, _step, iterator, perf_counter())) is not None:
                yield step
        finally:
            self._thread.submit(_close, iterator)

    def shut(self) -> None:
        """Wait for the step in progress and end the thread."""
        self._thread.shutdown(wait=True, cancel_futures=True)


def _step(iterator: Iterator[T], asked: float) -> Step[T] | None:
    started = perf_counter()
    for value in iterator:
        return Step(value, (started - asked) * 1000, (perf_counter() - started) * 1000)
    return None


def _close(iterator: Iterator[T]) -> None:
    close = getattr(iterator, "close", None)
    if close is not None:
        close()
