from __future__ import annotations

from antiphon.timing import Timing
from inference.tts.watch import UNWATCHED


def test_nobody_need_watch() -> None:
    UNWATCHED.waiting(lambda: 1)
    UNWATCHED.batch(2)
    UNWATCHED.waited(3.0)
    UNWATCHED.spoken(Timing())
