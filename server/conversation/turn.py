"""The agent's side of one turn: a reply, its events, and what of it enters the history."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from antiphon.failures import understand
from antiphon.v1 import generator_pb2 as pb
from server.conversation import response_events
from server.conversation.history import History
from server.conversation.outbox import Outbox
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
        self._ended = False

    def stop(self) -> None:
        """Be silent from the next frame on."""
        self._playout.stop()

    async def answer(self) -> None:
        """Answer the conversation so far."""
        messages = self._history.messages(self._config.instructions)
        await self._run(lambda: self._reply.answer(messages))

    async def greet(self, text: str) -> None:
        """Say `text`."""
        await self._run(lambda: self._reply.recite(text))

    async def _run(self, speak: Callable[[], Awaitable[None]]) -> None:
        heard = None
        try:
            await self._events.begin()
            await speak()
            await self._end(self._status())
            await self._playout.finish()
            heard = self._reply.text
        except asyncio.CancelledError:
            self._playout.stop()
            await self._end(response_events.CANCELLED)
            raise
        except Exception as error:  # noqa: BLE001 - a turn's boundary: the session goes on
            self._playout.stop()
            await self._events.problem(understand(error, "a reply"))
            await self._end(response_events.FAILED)
        finally:
            self._history.add(pb.ROLE_ASSISTANT, heard or self._reply.heard_text)
            if self._playout.started:
                await self._events.silent(cleared=heard is None)

    def _status(self) -> str:
        if self._reply.finish_reason == pb.FINISH_REASON_LENGTH:
            return response_events.INCOMPLETE
        return response_events.COMPLETED

    async def _end(self, status: str) -> None:
        if not self._ended:
            self._ended = True
            text, usage = self._reply.text, self._reply.usage
            await self._events.end(text, status, usage, self._timeline.as_ms())
