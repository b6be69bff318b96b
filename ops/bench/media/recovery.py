"""How long one lost packet is felt. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Any

import numpy as np

from ops.bench.figures import rounded
from ops.bench.media.clips import Sent
from ops.bench.media.network import arrivals, sent_ms
from ops.bench.media.receivers import RECEIVERS, Received

WITHIN_MS = 40.0


def recovery_ms(received: Received, lost: int) -> float | None:
    """Return how long after packet `lost` was due the delay is back for good; None: it never is.

    Back is within 40 ms of what it was before, at the median.
    """
    delayed = [
        (index, at_ms, at_ms - sent_ms(index)) for index, at_ms in received.frames if index >= lost
    ]
    bound_ms = baseline_ms(received, lost) + WITHIN_MS
    worst = [index for index, _, delay_ms in delayed if delay_ms > bound_ms]
    after = [at_ms for index, at_ms, _ in delayed if not worst or index > worst[-1]]
    return after[0] - sent_ms(lost) if after else None


def baseline_ms(received: Received, lost: int) -> float:
    """Return the delay before packet `lost`."""
    return median(at_ms - sent_ms(index) for index, at_ms in received.frames if index < lost)


def one_lost(path: str, sent: Sequence[Sent]) -> dict[str, Any]:
    """Return how one packet lost in the middle is felt, in the worst clip; no other is lost or late."""
    found = [_without_one(path, one.payloads) for one in sent]
    recoveries = [recovery_ms(received, lost) for received, lost in found]
    baselines = [baseline_ms(received, lost) for received, lost in found]
    lasting = [
        received.delays_ms[-1] - before
        for (received, _), before in zip(found, baselines, strict=True)
    ]
    back = [ms for ms in recoveries if ms is not None]
    return {
        "recovery_ms": rounded(max(back)) if len(back) == len(recoveries) else None,
        "delay_ms": rounded(median(baselines)),
        "added_for_ever_ms": rounded(max(lasting)),
    }


def _without_one(path: str, payloads: Sequence[bytes]) -> tuple[Received, int]:
    middle = len(payloads) // 2
    gone = np.arange(len(payloads)) == middle
    return RECEIVERS[path](arrivals(payloads, gone, np.zeros(len(payloads)))), middle
