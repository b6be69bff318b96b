"""The agent's side of one turn: a reply, its events, and what of it enters the history."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from antiphon.errors import AntiphonError
from antiphon.failures import understand
from antiphon.observability.logs import TURN
from antiphon.v1 import generator_pb2 as pb
from server.conversation.asked import Asked
from server.conversation.gate import Gate
from server.conversation.heard import Heard
from server.conversation.history import History, newer_half
from server.conversation.observer import UNOBSERVED, Observer, Told
from server.conversation.outbox import CLIENT_STALLED
from server.conversation.outcome import ABANDONED, COMPLETED, TOO_LONG, Outcome, failed
from server.conversation.playout import Playout
from server.conversation.reply import Reply
from server.conversation.response_events import ResponseEvents
from server.conversation.timeline import Timeline
from server.conversation.wire import Wire
from server.engines.apologies import Spoken
from server.engines.failure import failure_of
from server.engines.pulse import Stalled
from server.engines.services import Services
from server.realtime.session_config import SessionConfig

log = logging.getLogger(__name__)

# The reason of a language model's refusal. How many tokens a history has depends on its language.
PROMPT_TOO_LONG = "PROMPT_TOO_LONG"

OnAudible = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Failure:
    """What ended a reply; `again`: nothing was heard or done, so that it may be made again."""

    problem: AntiphonError
    again: bool = False

    @property
    def late(self) -> bool:
        """Whether an engine was waited for as long as callers wait in silence."""
        return isinstance(self.problem, Stalled)

    @property
    def of_engine(self) -> bool:
        """Whether an engine failed, which may soon be well, and not the client or what it asked for."""
        stalled = self.problem.reason == CLIENT_STALLED
        return self.problem.is_servers and not stalled


class Turn:
    """Run once, as a task of its session. Nothing of it leaves before `commit`.

    To end it early: `stop`, then cancel the task. One that was never committed leaves no trace.
    `speculation` tells whether it was begun on trust, and how many others were for the same turn in vain.
    """

    def __init__(
        self,
        services: Services,
        asked: Asked,
        wire: Wire,
        history: History,
        timeline: Timeline,
        on_audible: OnAudible,
        observer: Observer = UNOBSERVED,
    ) -> None:
        self._services = services
        self._asked = asked
        self._observer = observer
        self._wire = wire
        self._items = history.items if asked.remembered else None
        self.timeline = timeline
        self._on_audible = on_audible
        self._gate = Gate(wire)
        self._events = ResponseEvents(self._gate, asked, self._items)
        config = asked.config
        self._playout = Playout(self._send, config.output_format, wire.lead_ms)
        self._reply = Reply(
            services,
            config,
            self._playout,
            timeline,
            self._events.text,
            self._events.call,
            self._become_audible,
        )
        self.speculation: dict[str, Any] = {"used": False, "wasted": 0}
        self._committed = False
        self._remembered = False
        self._audible = False
        self._stopped: Outcome | None = None
        self.failure: Failure | None = None
        # Whether it has failed, though its client may not have been told yet.
        self.broken = False
        # Whether there is nothing left of it to stop.
        self.finished = False

    @property
    def response_id(self) -> str:
        """The identifier under which clients know the reply."""
        return self._events.response_id

    @property
    def stopped(self) -> bool:
        """Whether it was ended early on purpose."""
        return self._stopped is not None

    @property
    def config(self) -> SessionConfig:
        """What the session was set to when the turn began."""
        return self._asked.config

    @property
    def over(self) -> bool:
        """Whether the client was told its end, though the last of it may still be heard."""
        return self._events.ended

    @property
    def calls(self) -> bool:
        """Whether the client was told to call a function."""
        return self._gate.is_open and self._events.calls

    @property
    def recent_text(self) -> str:
        """What was said in the last seconds."""
        return self._reply.recent_text

    async def commit(self) -> None:
        """Let the caller hear it."""
        self._committed = True
        await self._gate.open()

    async def forgo(self, outcome: Outcome) -> None:
        """Tell `outcome` in place of running."""
        await self.commit()
        await self._events.begin()
        await self._end(outcome)

    def duck(self) -> None:
        """Be silent from the next frame on, but ready to go on."""
        self._reply.duck()
        self._wire.drop_audio()

    def unduck(self) -> None:
        """Go on from the word at which it was ducked."""
        self._reply.unduck()

    def stop(self, outcome: Outcome, *, unsaid: bool = False) -> None:
        """Be silent from the next frame on; `outcome` is told once the task is cancelled.

        What was heard is in the history when this returns, or nothing of it where it is `unsaid`: the
        next turn may begin before this one has told its end.
        """
        self._stopped = outcome
        self._playout.stop()
        if self._audible:
            self._wire.drop_audio()
        if self._committed:
            heard = self._reply.heard
            self._remember(replace(heard, text="", until_ms=0.0) if unsaid else heard, outcome)

    async def answer(self, messages: Sequence[pb.Message]) -> None:
        """Answer `messages`."""
        await self._run(lambda: self._answer(messages))

    async def repeat(self, spoken: Spoken) -> None:
        """Say what was made ahead."""
        await self._run(lambda: self._reply.repeat(spoken))

    async def recite(self, text: str) -> None:
        """Say `text`."""
        await self._run(lambda: self._reply.recite(text))

    async def _run(self, speak: Callable[[], Awaitable[None]]) -> None:
        TURN.set(self.response_id)  # for the log; the task is the turn's own
        try:
            await self._events.begin()
            await self._speak(speak)
            await self._end(self._outcome())
            await self._gate.passed()
            await self._playout.drain()
        except asyncio.CancelledError:
            await self._break_off(self._stopped or ABANDONED)
            raise
        except Exception as error:  # noqa: BLE001 - a turn's boundary: the session goes on
            # What fails while it is being stopped on purpose is no failure; what fails before anybody
            # asked for it is told once they do.
            problem = understand(error, "a reply")
            self.broken = True
            if self._stopped is None:
                self._note_failure(problem)
                await self._gate.passed()
                self.failure = Failure(problem, again=not self._audible and not self.calls)
            await self._break_off(self._stopped or failed(problem))
        else:
            self._remember(replace(self._reply.heard, text=self._reply.text), COMPLETED)
            await self._tell_heard(self._reply.text)
            await self._tell_silence(cleared=False)
        finally:
            self.finished = True

    async def _answer(self, messages: Sequence[pb.Message]) -> None:
        """Answer `messages`, or so many of the newest as the model holds."""
        while True:
            try:
                return await self._reply.answer(messages)
            except (AntiphonError, ExceptionGroup) as error:
                newer = newer_half(messages)
                too_long = understand(error, "a reply").reason == PROMPT_TOO_LONG
                if not too_long or len(newer) == len(messages):
                    raise
            log.info("a prompt outgrows the model: the older half of the conversation is left out")
            messages = newer

    async def _speak(self, speak: Callable[[], Awaitable[None]]) -> None:
        """Speak; where that fails at once, before anything of it was told, once again."""
        try:
            await speak()
        except Exception as error:
            problem = understand(error, "a reply")
            told = self._reply.text or self._audible or self._events.calls
            failure = Failure(problem)
            if told or self._stopped is not None or failure.late or not failure.of_engine:
                raise
            log.info("a reply is begun again: %s", problem.message)
            self._note_failure(problem, again=True)
            await speak()

    async def _send(self, audio: bytes) -> None:
        await self._wire.put(self._events.audio(audio))
        await self._tell_heard(self._reply.heard_text)

    async def _become_audible(self) -> None:
        await self._gate.passed()
        await self._events.audible()
        self._audible = True
        await self._on_audible()

    async def _break_off(self, outcome: Outcome) -> None:
        self._playout.stop()
        if not self._committed:
            return
        # The history first: it must be right before anything here waits.
        self._remember(self._reply.heard, outcome)
        await self._tell_heard(self._reply.heard_text)
        if outcome.problem is not None:
            await self._events.problem(outcome.problem)
        await self._end(outcome)
        await self._tell_silence(cleared=True)
        if self._audible and self._wire.plays:
            await self._events.truncated(self._playout.heard_ms)

    def _remember(self, heard: Heard, outcome: Outcome) -> None:
        """Note in the conversation what was `heard`: once, whatever ends the turn first."""
        if not self._remembered and self._items is not None:
            self._items.settle(self._events.item_id, heard, outcome.item_status)
        self._remembered = True

    async def _tell_heard(self, text: str) -> None:
        if self._audible and self.config.extensions:
            await self._events.heard(text)

    def _outcome(self) -> Outcome:
        if self._reply.finish_reason == pb.FINISH_REASON_LENGTH:
            return TOO_LONG
        return COMPLETED

    async def _end(self, outcome: Outcome) -> None:
        text, usage = self._reply.text, self._reply.usage
        measured = {
            "timeline_ms": self.timeline.as_ms(),
            "engines_ms": self._reply.engines_ms,
            "speculation": self.speculation,
        }
        told = Told(self.response_id, outcome.ending, self.timeline.marks, self.timeline.trace)
        self._observer.told(told)
        await self._events.end(text, outcome, usage, measured)

    def _note_failure(self, problem: AntiphonError, *, again: bool = False) -> None:
        if (failure := failure_of(problem)) is not None:
            self._observer.engine_failed(failure)
            if again:
                self._observer.retried(failure.engine)

    async def _tell_silence(self, *, cleared: bool) -> None:
        if self._audible:
            await self._events.silent(cleared=cleared)
