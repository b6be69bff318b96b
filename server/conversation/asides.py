"""Responses beside the conversation: written only, each on its own, with no part in who has the floor."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from antiphon.errors import InvalidInput
from server.conversation.asked import Asked
from server.conversation.history import History
from server.conversation.outcome import ABANDONED, CANCELLED
from server.conversation.timeline import Timeline
from server.conversation.turn import Turn
from server.conversation.wire import Wire
from server.engines.services import Services

# Classifiers and summaries beside a call: one or two at a time, and each costs as much as a reply.
MAX_ASIDES = 4


@dataclass(frozen=True, slots=True)
class Aside:
    """One that runs."""

    turn: Turn
    task: asyncio.Task[None]


class Asides:
    """Owns those of one session, as tasks of its group."""

    def __init__(
        self, services: Services, wire: Wire, history: History, tasks: asyncio.TaskGroup
    ) -> None:
        self._services = services
        self._wire = wire
        self._history = history
        self._tasks = tasks
        self._running: dict[str, Aside] = {}

    def check_room(self) -> None:
        """Raise `InvalidInput` where no more can be begun."""
        if len(self._running) >= MAX_ASIDES:
            raise InvalidInput(
                f"{MAX_ASIDES} responses beside the conversation are in progress: wait for one",
                reason="CONVERSATION_ALREADY_HAS_ACTIVE_RESPONSE",
            )

    async def begin(self, asked: Asked) -> None:
        """Answer as it is `asked` for."""
        turn = Turn(self._services, asked, self._wire, self._history, Timeline(), _nothing)
        task = self._tasks.create_task(self._answer(turn, asked))
        self._running[turn.response_id] = Aside(turn, task)
        task.add_done_callback(lambda _: self._running.pop(turn.response_id))
        await turn.commit()

    def find(self, response_id: str | None) -> Aside | None:
        """Return the one of that id, if it runs."""
        return self._running.get(response_id or "")

    async def cancel(self, aside: Aside) -> None:
        """Cancel it; returns once its client was told."""
        aside.turn.stop(CANCELLED)
        aside.task.cancel()
        await asyncio.wait({aside.task})

    def drop(self) -> None:
        """Cancel all."""
        for aside in self._running.values():
            aside.turn.stop(ABANDONED)
            aside.task.cancel()

    async def ended(self) -> None:
        """Return once those that run are over."""
        if tasks := {aside.task for aside in self._running.values()}:
            await asyncio.wait(tasks)

    async def _answer(self, turn: Turn, asked: Asked) -> None:
        messages = self._history.messages(asked.config.instructions, instead=asked.instead)
        await turn.answer(messages)


async def _nothing() -> None:
    """Do nothing: what is only written is never audible."""
