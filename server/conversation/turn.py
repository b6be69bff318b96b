"""The agent's side of one turn: a reply, its events, and what of it enters the history."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from antiphon.failures import understand
from antiphon.v1 import generator_pb2 as pb
from server.conversation.history import History
from server.conversation.outbox import Outbox
from server.conversation.outcome import ABANDONED, COMPLETED, TOO_LONG, Outcome, failed
from server.conversation.playout import Playout
from server.conversation.reply import Reply
from server.conversation.response_events import ResponseEvents
from server.conversation.timeline import Timeline
from server.engines.services import Services
from server.realtime.session_config import SessionConfig


class Turn:
    """Run once, as a task of its session. To end it early: `stop`, then cancel the task."""

    def __init__(
        self,
        services: Services,
        config: SessionConfig,
        outbox: Outbox,
        history: History,
        timeline: Timeline,
    ) -> None:
        self._config = config
        self._history = history
        self._timeline = timeline
        self._events = ResponseEvents(outbox, config)
        self._playout = Playout(outbox.put, config.output_format)
        self._reply = Reply(
            services,
            config,
            self._playout,
            timeline,
            self._events.text,
            self._events.audible,
        )
        self._stopped: Outcome | None = None

    @property
    def response_id(self) -> str:
        """The identifier under which clients know the reply."""
        return self._events.response_id

    def stop(self, outcome: Outcome) -> None:
        """Be silent from the next frame on; `outcome` is told once the task is cancelled."""
        self._stopped = outcome
        self._playout.stop()

    async def answer(self) -> None:
        """Answer the conversation so far."""
        messages = self._history.messages(self._config.instructions)
        await self._run(lambda: self._reply.answer(messages))

    async def greet(self, text: str) -> None:
        """Say `text`."""
        await self._run(lambda: self._reply.recite(text))

    async def _run(self, speak: Callable[[], Awaitable[None]]) -> None:
        try:
            await self._events.begin()
            await speak()
            await self._end(self._outcome())
            await self._playout.drain()
        except asyncio.CancelledError:
            await self._break_off(self._stopped or ABANDONED)
            raise
        except Exception as error:  # noqa: BLE001 - a turn's boundary: the session goes on
            # What fails while it is being stopped on purpose is no failure.
            await self._break_off(self._stopped or failed(understand(error, "a reply")))
        else:
            self._history.add(pb.ROLE_ASSISTANT, self._reply.text)
            await self._tell_silence(cleared=False)

    async def _break_off(self, outcome: Outcome) -> None:
        # The history first: it must be right before anything here waits.
        self._playout.stop()
        self._history.add(pb.ROLE_ASSISTANT, self._reply.heard_text)
        if outcome.problem is not None:
            await self._events.problem(outcome.problem)
        await self._end(outcome)
        await self._tell_silence(cleared=True)

    def _outcome(self) -> Outcome:
        if self._reply.finish_reason == pb.FINISH_REASON_LENGTH:
            return TOO_LONG
        return COMPLETED

    async def _end(self, outcome: Outcome) -> None:
        text, usage = self._reply.text, self._reply.usage
        await self._events.end(text, outcome, usage, self._timeline.as_ms())

    async def _tell_silence(self, *, cleared: bool) -> None:
        if self._reply.audible:
            await self._events.silent(cleared=cleared)
