"""Calls of both kinds, answered and called in one process."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from ops.bench.media.answering import Calls
from ops.bench.media.callers import Callers
from tests.server.webrtc.sound import encoded, glide, samples

SPEECH = samples(glide(1.0)).astype(np.int16)
PAYLOADS = encoded(glide(1.0))
PATIENCE_S = 30.0


@pytest.mark.parametrize("kind", ["ours", "stock"])
def test_both_ends_hear_each_other_until_they_are_closed(kind: str) -> None:
    async def main() -> None:
        calls, callers = Calls(SPEECH), Callers(PAYLOADS)
        answers = {"ours": calls.answer_with_ours, "stock": calls.answer_with_stock}
        await callers.call(answers[kind])
        await callers.call(answers[kind])
        assert len(callers) == 2
        async with asyncio.timeout(PATIENCE_S):
            while calls.frames < 20 or callers.packets < 20:  # noqa: ASYNC110 - two counters
                await asyncio.sleep(0.02)
        await calls.close()
        await callers.close()
        assert all(task.done() for task in calls._tasks)

    asyncio.run(main())
