"""Work that yields the processor."""

from __future__ import annotations

import os
import threading

import pytest

from inference.asr.background import NICENESS, in_background


def niceness() -> int:
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())


def test_threads_of_what_is_built_yield_and_those_who_build_it_do_not() -> None:
    before = niceness()

    def build() -> list[int]:
        found = [niceness()]
        own = threading.Thread(target=lambda: found.append(niceness()))
        own.start()
        own.join()
        return found

    expected = min(max(NICENESS, before), 19)
    assert in_background(build) == [expected, expected]
    assert niceness() == before


def test_what_fails_to_be_built_is_raised() -> None:
    def fail() -> None:
        raise KeyError("weights")

    with pytest.raises(KeyError, match="weights"):
        in_background(fail)
