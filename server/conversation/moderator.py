"""Gives the floor: tells the dialogue what happens, and does what it asks for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress

from antiphon.errors import AntiphonError
from antiphon.v1.recognizer_pb2 import Final, Pause, RecognizeResponse, SpeechHushed
from server.conversation.asked import Asked
from server.conversation.ear import Ear
from server.conversation.history import History
from server.conversation.listening import UtteranceEvents
from server.conversation.observer import UNOBSERVED, Interruption, Observer
from server.conversation.outcome import ABANDONED, CANCELLED, INTERRUPTED
from server.conversation.recitals import words_of
from server.conversation.rules import rules_of
from server.conversation.timeline import Mark, Timeline
from server.conversation.turn import Failure
from server.conversation.turns import Turns
from server.conversation.warming import Warming
from server.conversation.wire import Wire
from server.engines.failure import failure_of
from server.engines.services import Services
from server.floor import events as ev
from server.floor.dialogue import Dialogue
from server.realtime import server_events
from server.realtime.session_config import SessionConfig
from server.settings import AgentSettings

# These silence or let go on: they never wait for a client that reads slowly.
AT_ONCE = (ev.Duck, ev.Unduck, ev.Stop, ev.Discard)
BEGINNINGS = (ev.Speculate, ev.Answer, ev.Recite)
# Told to the model where a silence is to be answered: of an empty message it can make nothing.
SILENCE = "(silence)"
# Where only a connection broke, the engine is known to be well by then, and nothing need be said.
AT_ONCE_S = 0.15
OUTCOMES = {ev.Why.SPEECH: INTERRUPTED, ev.Why.CLIENT: CANCELLED, ev.Why.LEFT: ABANDONED}


class Moderator:
    """One session's floor. Lives in `tasks`; `config` may be replaced through `configure`.

    `masked_ms` returns how much of a voice that has just begun was lost before it was noticed.
    """

    def __init__(
        self,
        services: Services,
        agent: AgentSettings,
        config: SessionConfig,
        wire: Wire,
        tasks: asyncio.TaskGroup,
        hang_up: Callable[[], None],
        observer: Observer = UNOBSERVED,
        masked_ms: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self._agent = agent
        self._wire = wire
        self._hang_up = hang_up
        self._observer = observer
        self._masked_ms = masked_ms
        self.config = config
        self.history = History(agent.history_chars, agent.apology)
        self._utterances = UtteranceEvents(wire, self.history.items)
        self._services = services
        self.ear = Ear(services, tasks, self._heard, self._forgo, self._unheard, observer)
        self.turns = Turns(services, wire, self.history, tasks, self._audible, self._over, observer)
        self._warming = Warming(services, tasks)
        self._dialogue = Dialogue(
            rules_of(config, agent),
            lambda: self.turns.recent_text,
            self.history.last_reply,
            lambda: self.history.items.awaits_output,
            lambda: self.ear.level.own_ms(self._speech_start_ms - self._speech_masked_ms),
        )
        self._told_state = self._dialogue.state
        self._news = asyncio.Event()
        self._in_order = asyncio.Lock()
        self._trace = observer.begun()
        self._timeline = Timeline(self._trace)
        self._speech_start_ms = self._speech_masked_ms = 0.0
        self._asked: Asked | None = None
        self._problem: AntiphonError | None = None
        self._late = Timeline()  # of the reply that failed, and is made again
        self._taken_back = self._discarded = 0

    @property
    def busy(self) -> bool:
        """Whether no other reply can be asked for now."""
        # What the agent says of its own accord the client did not ask for, and cannot know to wait for: it
        # takes a refusal for good, and a tool's output would never be told. A re-prompt broken off for it
        # would sound like a fault, so the request waits the second or two; a client in a hurry cancels, and
        # so it can withdraw what waits until the caller is done.
        waits = self._dialogue.reciting or self.turns.lets_ask
        return (self._dialogue.replying and not waits) or self._asked is not None

    async def configure(self, config: SessionConfig) -> None:
        """Go by `config` from now on; what is said is first heard out where it is to be heard otherwise."""
        if await self.ear.listen_by(config):
            await self.tell(ev.Cleared())
        self.config = config
        self._services.apologies.want(config)
        self._dialogue.rules = rules_of(config, self._agent)
        await self.tell(ev.RulesChanged())

    async def tell(self, event: ev.Event, final: Final | None = None) -> None:
        """Let `event` have its consequences; returns once they are under way."""
        actions = self._dialogue.feed(event, _now())
        self._news.set()
        for action in actions:
            if isinstance(action, AT_ONCE):
                self._do_at_once(action)
        asked, timeline = self._taken_up(actions), self._timeline
        taken_back, discarded = self._taken_back, self._discarded
        async with self._in_order:
            for action in actions:
                stopped = isinstance(action, BEGINNINGS) and taken_back != self._taken_back
                dropped = isinstance(action, ev.Speculate) and discarded != self._discarded
                if not stopped and not dropped:
                    await self._do(action, final, timeline, asked)
                elif asked is not None and isinstance(action, ev.Answer):
                    # What was stopped while it waited for its turn never begins, but is waited for.
                    await self.turns.forgo(asked)
            await self._tell_state()

    def _taken_up(self, actions: Sequence[ev.Action]) -> Asked | None:
        """Return what the client asked of the answer among `actions`: of no other, though it never begins."""
        if not any(isinstance(action, ev.Answer) for action in actions):
            return None
        asked, self._asked = self._asked, None
        return asked

    async def request(self, asked: Asked) -> None:
        """Reply as it is `asked` for, as soon as the floor is free."""
        self._asked = asked
        await self.tell(ev.ReplyRequested())

    @property
    def asked(self) -> bool:
        """Whether a reply was asked for that has not begun."""
        return self._asked is not None

    async def withdraw(self) -> None:
        """Let what was asked for, and has not begun, be."""
        asked, self._asked = self._asked, None
        await self.tell(ev.RequestWithdrawn())
        if asked is not None:
            await self.turns.forgo(asked)

    async def clear(self) -> None:
        """Forget what the caller said since an utterance was last ended."""
        await self.ear.clear()
        await self.tell(ev.Cleared())

    async def keep_time(self) -> None:
        """Tell the dialogue whenever a time has come that it waits for; runs as long as the session."""
        while True:
            self._news.clear()
            try:
                async with asyncio.timeout_at(self._dialogue.due_s):
                    await self._news.wait()
            except TimeoutError:
                await self.tell(ev.Tick())

    async def hear_out(self) -> None:
        """Return once all that was said so far is answered."""
        await self.ear.close()
        await self.turns.ended()

    async def leave(self) -> None:
        """Let go of whoever was there; nothing of what was under way reaches who comes next."""
        self.ear.drop()
        self.ear.level.forget()
        self._asked = None
        await self.tell(ev.Disconnected())
        await self.turns.ended()

    def drop(self) -> None:
        """End everything that is under way."""
        self._warming.drop()
        self.ear.drop()
        self.turns.drop()

    async def _heard(self, event: RecognizeResponse) -> None:
        match event.WhichOneof("event"):
            case "speech_started":
                self._trace = self._observer.begun()
                self._speech_start_ms = event.speech_started.start_ms
                self._speech_masked_ms = self._masked_ms()
                if not self.ear.hears_again:
                    self._utterances.begin(event.speech_started)
                began_s = self.ear.arrived_s(self._speech_start_ms)
                await self.tell(ev.SpeechStarted(began_s - self._speech_masked_ms / 1000))
            case "partial":
                await self.tell(ev.Partial(event.partial.text))
                await self._utterances.partial(event.partial)
            case "speech_hushed":
                await self.tell(self._hushed(event.speech_hushed))
            case "pause":
                await self.tell(self._paused(event.pause))
            case "speech_resumed":
                resumed_s = self.ear.arrived_s(event.speech_resumed.start_ms)
                await self.tell(ev.SpeechResumed(resumed_s))
            case "final":
                self._timeline = self._timeline_of(event.final)
                await self.tell(ev.Final(event.final.text), event.final)

    def _hushed(self, hush: SpeechHushed) -> ev.Hushed:
        ended_s = self._ended_s(hush.end_ms)
        return ev.Hushed(ended_s, hush.text)

    def _ended_s(self, end_ms: float) -> float:
        """Return when the voice ended, and time what follows from there."""
        ended_s = self.ear.arrived_s(end_ms)
        self._timeline = Timeline(self._trace)
        self._timeline.mark(Mark.SPEECH_ENDED, ended_s)
        return ended_s

    def _paused(self, pause: Pause) -> ev.Paused:
        ended_s = self._ended_s(pause.end_ms)
        self._timeline.mark(Mark.PAUSE, _now())
        probability = (
            pause.end_of_turn_probability if pause.HasField("end_of_turn_probability") else None
        )
        speech_ms = max(pause.end_ms - self._speech_start_ms, 0.0)
        return ev.Paused(pause.text, ended_s, probability, speech_ms)

    def _timeline_of(self, final: Final) -> Timeline:
        timeline = Timeline(self._trace)
        timeline.mark(Mark.SPEECH_ENDED, self.ear.arrived_s(final.end_ms))
        timeline.mark(Mark.FINAL, _now())
        timeline.adopt(self._timeline)
        return timeline

    async def _audible(self) -> None:
        if self._timeline.answered:
            self._timeline = Timeline(self._trace)
        await self.tell(ev.ReplyAudible())

    async def _over(self, failure: Failure | None) -> None:
        if failure is None or not failure.of_engine:
            await self.tell(ev.ReplyOver())
            return
        self._problem = failure.problem
        if failure.again:
            self._late = self._timeline
        stops = self.turns.stops
        ready = await self._well_at_once(failure)
        if stops == self.turns.stops:  # else it has ended already, as what was stopped
            await self.tell(ev.ReplyFailed(failure.again, ready=ready))

    async def _well_at_once(self, failure: Failure) -> bool:
        """Return whether another try may begin in silence: the caller has waited for a late one already."""
        if failure.late:
            return False
        with suppress(TimeoutError):
            async with asyncio.timeout(AT_ONCE_S):
                await self._services.pulses.until_ready()
        return not self._services.pulses.missing

    async def _unheard(self) -> None:
        await self.tell(ev.Unheard())

    async def _forgo(self, problem: AntiphonError) -> None:
        """Go on without what was being said: the recogniser fails over it each time."""
        await self._utterances.failed(problem)
        await self.tell(ev.Cleared())

    def _do_at_once(self, action: ev.Duck | ev.Unduck | ev.Stop | ev.Discard) -> None:
        match action:
            case ev.Duck():
                self._observer.interrupted(Interruption.DUCKED)
                self.turns.duck()
            case ev.Unduck():
                self._observer.interrupted(Interruption.RESUMED)
                self.turns.unduck()
            case ev.Stop(why, reopened):
                if why is ev.Why.SPEECH:
                    self._observer.interrupted(Interruption.STOPPED)
                self._taken_back += 1
                self.turns.stop(OUTCOMES[why], unsaid=reopened)
            case ev.Discard():
                self._discarded += 1
                self.turns.discard()

    async def _do(
        self, action: ev.Action, final: Final | None, timeline: Timeline, asked: Asked | None
    ) -> None:
        match action:
            case ev.TellSpeech():
                self._warm()
                await self._utterances.tell()
            case ev.Speculate(text):
                self.turns.speculate(self.config, text, timeline)
            case ev.Finish():
                self._timeline.mark(Mark.COMMITTED, _now())
                await self.ear.finish_utterance(self.config, self._timeline.trace)
            case ev.Commit(text):
                if final is not None and text:
                    self.ear.level.learn(final.start_ms, final.end_ms)
                await self._utterances.ended(final or Final(text=text))
            case ev.Drop():
                self._utterances.drop()
            case ev.Answer(again=True):
                await self._answer_again(asked)
            case ev.Answer(speculated):
                await self._answer(asked, timeline, speculated=speculated)
            case ev.Recite(what, nth):
                await self._recite(what, nth)
            case ev.HangUp():
                # A client that is not told takes the closed line for a broken one, and comes back.
                await self._tell_state()
                self._hang_up()

    async def _answer(self, asked: Asked | None, timeline: Timeline, *, speculated: bool) -> None:
        # What the client asks for after it is another turn, of the same question as long as none was heard.
        self._trace = self._observer.begun()
        self._timeline = self._timeline.again(self._trace)
        if speculated and asked is None:
            await self.turns.play(self.config, timeline)
            return
        self.turns.discard()
        begun = await self.turns.answer(asked or Asked(self.config), timeline)
        if not begun and asked is not None:
            await self.turns.forgo(asked)

    async def _answer_again(self, asked: Asked | None) -> None:
        problem, self._problem = self._problem, None
        if problem is not None and (failure := failure_of(problem)) is not None:
            self._observer.retried(failure.engine)
        timeline = self._late.again(self._observer.begun())
        await self.turns.answer_again(asked or Asked(self.config), timeline)

    async def _recite(self, what: ev.Recital, nth: int) -> None:
        if what is ev.Recital.APOLOGY:
            await self.turns.apologise(self.config)
            return
        detection = self.config.turn_detection
        idle_ms = detection.idle_timeout_ms if detection is not None else None
        if what is not ev.Recital.REPROMPT or idle_ms is None:
            await self.turns.recite(self.config, words_of(self._agent, what, nth))
            return
        heard_ms = self.ear.fed_ms
        await self._utterances.silence(max(heard_ms - idle_ms, 0), heard_ms)
        timeline = Timeline(self._observer.begun())
        await self.turns.answer(Asked(self.config), timeline, SILENCE)

    def _warm(self) -> None:
        config = self.config
        if config.replies:
            self._warming.begin(self.history.messages(config.instructions), config.tools)

    async def _tell_state(self) -> None:
        state = self._dialogue.state
        if state is self._told_state:
            return
        self._told_state = state
        if self.config.extensions:
            await self._wire.put(server_events.state(state))


def _now() -> float:
    return asyncio.get_running_loop().time()
