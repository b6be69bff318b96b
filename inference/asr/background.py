"""Work that yields the processor to what cannot wait."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")

# A tenth of a core where another thread wants the whole of it. A short final took, at the 95th percentile and
# beside long ones, 1.2 times what it takes alone, at a niceness of 5 some 1.5 times. What is long waits for
# what is short, but hardly for other services: Linux weighs those by their session (autogroup) or container.
NICENESS = 10


def in_background(build: Callable[[], T]) -> T:
    """Return what `build` makes, whose own threads yield to the others of this process.

    Threads inherit how nice the one is that starts them, and on Linux each has its own (setpriority(2),
    "C library/kernel differences"). What Python does with the result afterwards is as urgent as ever: a
    thread that yields while it holds the interpreter's lock would hold up all.
    """
    with ThreadPoolExecutor(1, "asr-background") as thread:
        return thread.submit(_nicely, build).result()


def _nicely(build: Callable[[], T]) -> T:
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
    return build()
