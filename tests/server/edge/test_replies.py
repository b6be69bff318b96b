from __future__ import annotations

import asyncio
from typing import Any, cast

import grpc
import pytest

from antiphon.errors import Exhausted
from server.conversation.outbox import STALL_S
from server.edge.replies import write
from tests.virtual_time import run_virtual


class Reader:
    """Takes a message `after_s`."""

    def __init__(self, after_s: float) -> None:
        self._after_s = after_s
        self.taken: list[object] = []

    async def write(self, response: object) -> None:
        await asyncio.sleep(self._after_s)
        self.taken.append(response)


@pytest.mark.parametrize(
    ("after_s", "taken"), [(0, True), (STALL_S - 1, True), (STALL_S + 1, False)]
)
def test_a_slow_reader_is_waited_for_and_one_that_has_stopped_is_not(
    after_s: float, taken: bool
) -> None:
    async def story() -> None:
        reader = Reader(after_s)
        context = cast("grpc.aio.ServicerContext[Any, Any]", reader)
        if taken:
            await write(context, "a")
        else:
            with pytest.raises(Exhausted):
                await write(context, "a")
        assert reader.taken == ["a"] * taken

    run_virtual(story())
