from __future__ import annotations

from inference.llm.engine import TextDelta
from inference.llm.gate import Gate
from inference.llm.watch import UNWATCHED


def test_nobody_need_watch() -> None:
    UNWATCHED.load(Gate(1, 1))
    UNWATCHED.asked().output(TextDelta("x"))
