"""Owns the agent's turns of a session: one that is heard, and one on trust."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from antiphon.v1 import generator_pb2 as pb
from server.conversation.asked import Asked
from server.conversation.history import History
from server.conversation.observer import UNOBSERVED, Observer
from server.conversation.outcome import ABANDONED, CANCELLED, Outcome
from server.conversation.timeline import Timeline
from server.conversation.turn import Failure, Turn
from server.conversation.wire import Wire
from server.engines.services import Services
from server.realtime.session_config import SessionConfig

log = logging.getLogger(__name__)

# A cancelled turn has nothing to wait for but its own clean-up; a later one is left to the session.
END_S = 1.0

# A voice or a small model is back within seconds, vLLM within a minute: no caller waits for that in silence.
BACK_S = 20.0

Tell = Callable[[], Awaitable[None]]
OnOver = Callable[[Failure | None], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class _Running:
    turn: Turn
    task: asyncio.Task[None]
    messages: Sequence[pb.Message] = ()


class Turns:
    """Begins and ends turns as tasks of the session's group.

    `on_audible` is awaited when the first audio of the turn that is heard leaves, `on_over` when it has
    been heard out, or with how it has failed, though not when it was ended from here.
    """

    def __init__(
        self,
        services: Services,
        wire: Wire,
        history: History,
        tasks: asyncio.TaskGroup,
        on_audible: Tell,
        on_over: OnOver,
        observer: Observer = UNOBSERVED,
    ) -> None:
        self._services = services
        self._wire = wire
        self._history = history
        self._tasks = tasks
        self._on_audible = on_audible
        self._on_over = on_over
        self._observer = observer
        self._heard: _Running | None = None
        self._trusted: _Running | None = None
        self._wasted = 0
        self._ducked = False
        self._stops = 0

    @property
    def stops(self) -> int:
        """How often replies were stopped."""
        return self._stops

    @property
    def running(self) -> bool:
        """Whether a reply is being made for the caller, or heard."""
        return self._heard is not None and not self._heard.task.done()

    @property
    def lets_ask(self) -> bool:
        """Whether the client may ask for the next reply: this one was told whole, or waits for an output."""
        if self._heard is None or not self.running:
            return True
        return self._heard.turn.over or self._heard.turn.calls

    @property
    def response_id(self) -> str | None:
        """The identifier of the reply that runs."""
        return self._heard.turn.response_id if self._heard is not None and self.running else None

    @property
    def recent_text(self) -> str:
        """What the reply that runs said in the last seconds."""
        return self._heard.turn.recent_text if self._heard is not None and self.running else ""

    def speculate(self, config: SessionConfig, text: str, timeline: Timeline) -> None:
        """Begin an answer to the conversation and `text`, which nobody hears until `play`."""
        self.discard()
        self._trusted = self._answering(Asked(config), timeline, said=text)

    def discard(self) -> None:
        """Cancel the turn on trust: it never existed."""
        if self._trusted is not None:
            self._waste(self._trusted)
            self._trusted = None

    async def play(self, config: SessionConfig, timeline: Timeline) -> None:
        """Let the turn on trust be heard.

        Where more than the caller's words is new, or it has failed, it is made anew.
        """
        trusted, self._trusted = self._trusted, None
        if trusted is None or not self._fits(trusted, config):
            if trusted is not None:
                self._waste(trusted)
            await self.answer(Asked(config), timeline)
            return
        trusted.turn.timeline.adopt(timeline)
        trusted.turn.speculation["used"] = True
        self._observer.speculated(used=True)
        await self._hear(trusted)

    async def answer(self, asked: Asked, timeline: Timeline, said: str = "") -> bool:
        """Answer the conversation so far and what was just `said`, as it was `asked` for.

        Return whether that was begun: not, where it was stopped before.
        """
        free = await self._floor_is_free()
        return free and await self._hear(self._answering(asked, timeline, said))

    async def forgo(self, asked: Asked) -> None:
        """Tell the client, who waits for what it `asked` for, that it was taken back."""
        await self._ended()
        await self._turn(asked, Timeline()).forgo(CANCELLED)

    async def answer_again(self, asked: Asked, timeline: Timeline) -> None:
        """Answer the conversation so far once the engines are back, or fail again."""
        if await self._floor_is_free():
            await self._hear(self._answering(asked, timeline, after=self._engines_back))

    async def apologise(self, config: SessionConfig) -> None:
        """Say that something has failed."""
        spoken = self._services.apologies.find(config)
        self._observer.apologised()
        turn = self._turn(Asked(config), Timeline())
        await self._hear(self._start(turn, lambda: turn.repeat(spoken)))

    async def recite(self, config: SessionConfig, text: str) -> None:
        """Say `text`."""
        turn = self._turn(Asked(config), Timeline(self._observer.begun()))
        await self._hear(self._start(turn, lambda: turn.recite(text)))

    def duck(self) -> None:
        """Silence the reply, ready to go on; one that is about to begin is silent from its beginning."""
        self._ducked = True
        if self._heard is not None:
            self._heard.turn.duck()

    def unduck(self) -> None:
        """Let the reply go on."""
        self._ducked = False
        if self._heard is not None:
            self._heard.turn.unduck()

    def stop(self, outcome: Outcome, *, unsaid: bool = False) -> None:
        """Silence the reply at once and cancel it; its clean-up follows. One about to begin never does."""
        self._ducked = False
        self._stops += 1
        # One that is finished tells so, and may wait to: what it brings about is stopped there.
        if self._heard is not None and self.running and not self._heard.turn.finished:
            _cancel(self._heard, outcome, unsaid=unsaid)

    def drop(self) -> None:
        """End everything, at once."""
        self.discard()
        self.stop(ABANDONED)
        if self._heard is not None and self._heard.turn.finished:
            self._heard.task.cancel()

    async def ended(self) -> None:
        """Return once no reply runs any more, nor the clean-up of one."""
        while self._heard is not None and self.running:
            await asyncio.wait({self._heard.task})

    def _waste(self, trusted: _Running) -> None:
        self._wasted += 1
        self._observer.speculated(used=False)
        _cancel(trusted, ABANDONED)

    async def _hear(self, running: _Running) -> bool:
        try:
            free = await self._floor_is_free()
        except asyncio.CancelledError:
            _cancel(running, ABANDONED)  # nobody knows of it, and it would wait to be heard
            raise
        if not free:
            _cancel(running, ABANDONED)
            return False
        self._heard = running
        if self._ducked:
            running.turn.duck()
        running.turn.speculation["wasted"], self._wasted = self._wasted, 0
        await running.turn.commit()
        return True

    async def _floor_is_free(self) -> bool:
        """Wait until it is; return whether what is to begin was not stopped meanwhile."""
        stops = self._stops
        await self._ended()
        return self._stops == stops

    async def _ended(self) -> None:
        """Wait for the clean-up of the turn before, so that its last words come before the next's first."""
        if self._heard is None or self._heard.task is asyncio.current_task():
            return  # the one before is over where its own `on_over` begins the next
        await asyncio.wait({self._heard.task}, timeout=END_S)
        if not self._heard.task.done():
            log.warning("a cancelled reply still ends after %.0f s", END_S)

    def _fits(self, trusted: _Running, config: SessionConfig) -> bool:
        messages = self._history.messages(config.instructions)
        same = trusted.turn.config == config and list(trusted.messages) == messages
        return same and not trusted.turn.broken

    def _answering(
        self, asked: Asked, timeline: Timeline, said: str = "", after: Tell | None = None
    ) -> _Running:
        turn = self._turn(asked, timeline)
        messages = self._history.messages(asked.config.instructions, said, asked.instead)

        async def speak() -> None:
            if after is not None:
                await after()
            await turn.answer(messages)

        return self._start(turn, speak, messages)

    async def _engines_back(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(BACK_S):
                await self._services.pulses.until_ready()

    def _turn(self, asked: Asked, timeline: Timeline) -> Turn:
        return Turn(
            self._services,
            asked,
            self._wire,
            self._history,
            timeline,
            self._on_audible,
            self._observer,
        )

    def _start(self, turn: Turn, speak: Tell, messages: Sequence[pb.Message] = ()) -> _Running:
        task = self._tasks.create_task(self._to_its_end(turn, speak))
        return _Running(turn, task, messages)

    async def _to_its_end(self, turn: Turn, speak: Tell) -> None:
        await speak()
        if not turn.stopped:
            self._ducked = False
            await self._on_over(turn.failure)


def _cancel(running: _Running, outcome: Outcome, *, unsaid: bool = False) -> None:
    running.turn.stop(outcome, unsaid=unsaid)
    running.task.cancel()
