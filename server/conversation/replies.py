"""Owns the reply of a session: at most one at a time."""

from __future__ import annotations

import asyncio
import logging

from server.conversation.history import History
from server.conversation.outbox import Outbox
from server.conversation.outcome import Outcome
from server.conversation.timeline import Timeline
from server.conversation.turn import Turn
from server.engines.services import Services
from server.realtime.session_config import SessionConfig

log = logging.getLogger(__name__)

# A cancelled reply has nothing to wait for but its own clean-up; a later one is left to the session.
END_S = 1.0


class Replies:
    """Begins and ends replies as tasks of the session's group."""

    def __init__(
        self, services: Services, outbox: Outbox, history: History, tasks: asyncio.TaskGroup
    ) -> None:
        self._services = services
        self._outbox = outbox
        self._history = history
        self._tasks = tasks
        self._turn: Turn | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def running(self) -> bool:
        """Whether a reply is being made or heard."""
        return self._task is not None and not self._task.done()

    @property
    def response_id(self) -> str | None:
        """The identifier of the reply that runs."""
        return self._turn.response_id if self._turn is not None and self.running else None

    def begin(self, config: SessionConfig, timeline: Timeline, greeting: str = "") -> None:
        """Answer the conversation so far, or say `greeting`; call only when none runs."""
        turn = Turn(self._services, config, self._outbox, self._history, timeline)
        speaking = turn.greet(greeting) if greeting else turn.answer()
        self._turn, self._task = turn, self._tasks.create_task(speaking)

    async def end(self, outcome: Outcome) -> None:
        """Silence the reply at once, cancel it, and wait for its clean-up with a bound."""
        if self._turn is None or self._task is None or self._task.done():
            return
        self._turn.stop(outcome)
        self._task.cancel()
        await asyncio.wait({self._task}, timeout=END_S)
        if not self._task.done():
            log.warning("a cancelled reply still ends after %.0f s", END_S)
