"""An observer that keeps what it is told of engines that fail, and of the turns that ended."""

from __future__ import annotations

from server.conversation.hops import voice_to_voice
from server.conversation.observer import Told, Unobserved
from server.engines.failure import Engine, EngineFailure, FailureKind


class Recording(Unobserved):
    """`failures`, `retries` and `waits_s` are in the order in which they were told; `apologies` are counted.

    `waits_s` is voice to voice of the turns that have it.
    """

    def __init__(self) -> None:
        self.failures: list[EngineFailure] = []
        self.retries: list[Engine] = []
        self.apologies = 0
        self.waits_s: list[float] = []

    def told(self, turn: Told) -> None:
        if (wait_s := voice_to_voice(turn.marks)) is not None:
            self.waits_s.append(wait_s)

    def engine_failed(self, failure: EngineFailure) -> None:
        self.failures.append(failure)

    def retried(self, engine: Engine) -> None:
        self.retries.append(engine)

    def apologised(self) -> None:
        self.apologies += 1

    def kinds(self, engine: Engine) -> list[FailureKind]:
        """Return how `engine` failed, time by time."""
        return [failure.kind for failure in self.failures if failure.engine is engine]
