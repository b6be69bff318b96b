"""End-of-turn models as the streams see them."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from antiphon.audio import Float32


class TurnModel(Protocol):
    """Blocking: how likely a turn that sounds like this is over."""

    def probability(self, samples: Float32) -> float:
        """Return it, from 0 to 1, for the last seconds of a turn, mono 16 kHz."""
        ...


class Judge:
    """A turn model on a thread of its own: 60 ms of CPU that would hold up all streams, or a decode.

    A live stream asks at each hush, and gives up what has not begun where the voice goes on: about as many
    wait as there are streams.
    """

    def __init__(self, model: TurnModel) -> None:
        self._model = model
        self._thread = ThreadPoolExecutor(1, "asr-turn")

    async def probability(self, samples: Float32) -> float:
        """Return how likely the turn that ends with `samples` is over."""
        return await asyncio.get_running_loop().run_in_executor(
            self._thread, self._model.probability, samples
        )

    def shut(self) -> None:
        """End the thread, once its work in progress is done."""
        self._thread.shutdown(wait=True, cancel_futures=True)
