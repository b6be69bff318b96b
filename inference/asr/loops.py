"""A decoder that repeats itself: "today, a, a, a, a"."""

from __future__ import annotations

from collections.abc import Sequence

LONGEST_UNIT = 12  # tokens; longer loops are cut off before they come round three times
TIMES = 3


def without_loop(tokens: Sequence[int]) -> list[int]:
    """Return `tokens` with what they repeat at their end but once.

    Only what comes round `TIMES` or more counts; the last time may be cut off.
    """
    for unit in range(1, LONGEST_UNIT + 1):
        run = _periodic_tail(tokens, unit)
        if run >= unit * TIMES:
            return list(tokens[: len(tokens) - run + unit])
    return list(tokens)


def _periodic_tail(tokens: Sequence[int], period: int) -> int:
    """Return the length of the longest tail in which each token equals the one `period` before it."""
    if len(tokens) < period:
        return 0
    run = period
    while run < len(tokens) and tokens[-run - 1] == tokens[-run - 1 + period]:
        run += 1
    return run
