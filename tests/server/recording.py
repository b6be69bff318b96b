"""An observer that keeps what it is told of engines that fail."""

from __future__ import annotations

from server.conversation.observer import Unobserved
from server.engines.failure import Engine, EngineFailure, FailureKind


class Recording(Unobserved):
    """`failures` and `retries` are in the order in which they were told; `apologies` are counted."""

    def __init__(self) -> None:
        self.failures: list[EngineFailure] = []
        self.retries: list[Engine] = []
        self.apologies = 0

    def engine_failed(self, failure: EngineFailure) -> None:
        self.failures.append(failure)

    def retried(self, engine: Engine) -> None:
        self.retries.append(engine)

    def apologised(self) -> None:
        self.apologies += 1

    def kinds(self, engine: Engine) -> list[FailureKind]:
        """Return how `engine` failed, time by time."""
        return [failure.kind for failure in self.failures if failure.engine is engine]
