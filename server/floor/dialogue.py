"""Who has the floor: the caller, the agent, nobody. Pure: fed events with times, it answers with actions.

    caller  SILENT --speech--> SPEAKING --pause--> PAUSED --long enough--> SILENT
                                   ^----resumed------'
    agent   SILENT --answer--> PREPARING --audible--> SPEAKING --over | stopped--> SILENT

Speech over a reply is an *overlap*: the reply is ducked at once, and `interruption.judge` says whether
it is stopped or goes on. An overlap is told to nobody before it has taken the floor: clients fall
silent by themselves when they are told that the caller speaks.

A pause is answered on trust (*speculated*) while it is judged whether it ends the turn. A caller who
goes on right after the agent took the floor *reopens* the turn: the reply is as if unsaid.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from math import inf
from typing import Any

from server.floor import events as ev
from server.floor.endpointing import Evidence
from server.floor.events import Action, Event
from server.floor.expectation import expects
from server.floor.interruption import Mode, Overlap, Verdict, judge
from server.floor.rules import Rules
from server.floor.silence import Silence

# Of one turn of the caller's: a reply that failed so often again is not worth more waiting.
TRIES = 2


class Caller(Enum):
    """What the caller does."""

    SILENT = auto()
    SPEAKING = auto()
    PAUSED = auto()


class Agent(Enum):
    """What the agent does; PREPARING: it has the floor, and is not heard yet."""

    SILENT = auto()
    PREPARING = auto()
    SPEAKING = auto()


class State(StrEnum):
    """What a client shows of it."""

    LISTENING = "listening"
    THINKING = "thinking"
    SPEAKING = "speaking"
    ENDED = "ended"  # the agent hangs up: there is nothing to come back to


class _Ending(Enum):
    """What becomes of an utterance whose final was asked for."""

    ANSWER = auto()
    KEEP = auto()
    DROP = auto()


@dataclass(slots=True)
class _Over:
    """Speech over a reply."""

    since_s: float
    ducked: bool = True
    voice_ended_s: float | None = None


class Dialogue:
    """One session's. `rules` may be replaced at any time, and `RulesChanged` fed.

    `spoken` returns what the reply that runs said in the last seconds, `asked` the last reply, `awaits`
    whether the client owes a function's output, `own_ms` how much of what is said now is as loud as the
    caller has been.
    """

    def __init__(
        self,
        rules: Rules,
        spoken: Callable[[], str] = lambda: "",
        asked: Callable[[], str] = lambda: "",
        awaits: Callable[[], bool] = lambda: False,
        own_ms: Callable[[], float] = lambda: inf,
    ) -> None:
        self.rules = rules
        self._spoken = spoken
        self._asked = asked
        self._awaits = awaits
        self._own_ms = own_ms
        self._caller = Caller.SILENT
        self._agent = Agent.SILENT
        self._reciting: ev.Recital | None = None  # what is said of the agent's own accord
        self._over: _Over | None = None
        self._endings: deque[_Ending] = deque()
        self._text = ""
        self._pauses = 0
        self._longest_pause_ms = 0.0
        self._speculated: str | None = None
        self._speculations = 0
        self._reopened_text = ""  # what was said before a reopened turn goes on
        self._turn_text = ""
        self._answered_s = 0.0
        self._pause: ev.Paused | None = None
        self._commit_at_s: float | None = None
        self._silence = Silence()
        self._requested = False
        self._alone = False
        self._left = False
        self._tries = 0  # to make the reply again that failed
        self._again = False  # whether it is made once the apology was heard
        self._apology_s: float | None = None  # when the one that is said began
        # Whether who was speaking has fallen silent, and it is not known what they said.
        self._unheard_now = False
        self._owes_apology = False  # for what was not heard over the reply

    @property
    def state(self) -> State:
        """What the agent is doing, for people."""
        if self._left:
            return State.ENDED
        if self._agent is Agent.SPEAKING:
            ducked = self._over is not None and self._over.ducked
            return State.LISTENING if ducked else State.SPEAKING
        return (
            State.THINKING if self._agent is Agent.PREPARING or self._endings else State.LISTENING
        )

    @property
    def replying(self) -> bool:
        """Whether the agent has the floor."""
        return self._agent is not Agent.SILENT

    @property
    def reciting(self) -> bool:
        """Whether the agent has the floor for something of its own, which nobody asked for."""
        return self._reciting is not None

    @property
    def due_s(self) -> float | None:
        """When to say Tick, unless something happens before."""
        dues = (self._commit_at_s, self._judge_at_s, self._silence.due_s(self.rules))
        return min((due for due in dues if due is not None), default=None)

    def feed(self, event: Event, at_s: float) -> list[Action]:
        """Return what `event`, at `at_s` of any clock that never goes back, brings about, in order."""
        actions = _HANDLERS[type(event)](self, event, at_s)
        silent = not (self._talks or self.replying or self._alone)
        # While the client's tool works everybody waits, and nobody is silent.
        self._silence.watch(at_s, silent=silent, awaits=silent and self._awaits())
        return actions

    @property
    def _talks(self) -> bool:
        """Whether the caller speaks, or what they said is not known yet."""
        return self._caller is not Caller.SILENT or bool(self._endings)

    @property
    def _judge_at_s(self) -> float | None:
        if self._over is None or not self._over.ducked:
            return None
        return self._over.since_s + self.rules.interruption.confirm_ms / 1000

    # The caller

    def _started(self, event: ev.SpeechStarted, at_s: float) -> list[Action]:
        self._caller, self._text, self._pause = Caller.SPEAKING, "", None
        self._pauses, self._longest_pause_ms = 0, 0.0
        self._is_heard()
        if self.rules.endpointing is None:
            return []
        began_s = at_s if event.began_s is None else event.began_s
        # What the recogniser missed, and hears now, was said before the apology for that and not over it.
        before = self._apology_s is not None and began_s < self._apology_s
        if self._agent is Agent.SILENT or before or self.rules.interruption.mode is Mode.OFF:
            return [ev.TellSpeech()]
        self._over = _Over(began_s)
        return [ev.Duck()]

    def _partial(self, event: ev.Partial, at_s: float) -> list[Action]:
        self._text = event.text
        self._is_heard()
        return self._judge(at_s)

    def _hushed(self, event: ev.Hushed, at_s: float) -> list[Action]:
        if self._over is not None:
            self._over.voice_ended_s = event.ended_s
        detects = self.rules.endpointing is not None
        if not event.text or not detects or self._caller is not Caller.SPEAKING:
            return []
        return self._trust(event.text)

    def _paused(self, event: ev.Paused, at_s: float) -> list[Action]:
        self._caller, self._text, self._pause = Caller.PAUSED, event.text, event
        if self._over is None:
            return self._consider()
        self._over.voice_ended_s = event.ended_s
        judged = self._judge(at_s)
        if self._over is None or self._over.ducked:
            return judged
        return [*judged, *self._finish(_Ending.DROP)]

    def _resumed(self, event: ev.SpeechResumed, at_s: float) -> list[Action]:
        if self._over is not None:
            self._over.voice_ended_s = None
        if self._caller is Caller.SPEAKING:
            return self._discard()
        if self._caller is not Caller.PAUSED:
            return []  # its utterance is being closed: more of it is told as a new one
        if self._pause is not None:
            # That the voice is back is known later; the policy is fitted to the silence itself.
            resumed_s = at_s if event.resumed_s is None else event.resumed_s
            silent_ms = (resumed_s - self._pause.ended_s) * 1000
            self._longest_pause_ms = max(self._longest_pause_ms, silent_ms)
        self._caller, self._pause, self._commit_at_s = Caller.SPEAKING, None, None
        self._pauses += 1
        return self._discard()

    def _final(self, event: ev.Final, at_s: float) -> list[Action]:
        # One that nobody asked for: the recogniser's own bound, or the end of its stream.
        ending = self._endings.popleft() if self._endings else self._default_ending()
        self._text = event.text
        self._is_heard()
        taken: list[Action] = []
        if self._over is not None:
            dropped = ending is _Ending.DROP and self._verdict(self._over, at_s) is not Verdict.STOP
            if dropped:
                return [*self._close(), ev.Drop(), *self._answer_if_asked(at_s)]
            ending = self._default_ending() if ending is _Ending.DROP else ending
            taken = self._take_floor(at_s)
        return taken + self._close_turn(event.text, ending, at_s)

    def _consider(self) -> list[Action]:
        """Decide when the pause ends the turn, and begin a reply to what was said on trust."""
        event = self._pause
        if self.rules.endpointing is None or event is None:
            return []
        text = f"{self._reopened_text} {event.text}".strip()
        evidence = Evidence(
            text,
            event.probability,
            event.speech_ms,
            self._pauses,
            self._longest_pause_ms,
            expects(self._asked()),
            self.rules.language,
        )
        self._commit_at_s = event.ended_s + self.rules.endpointing.wait_ms(evidence) / 1000
        return self._trust(event.text)

    def _trust(self, text: str) -> list[Action]:
        """Begin a reply to `text` on trust, in place of one to less."""
        if text == self._speculated:
            return []
        discarded = self._discard()
        if not self._may_speculate(text):
            return discarded
        self._speculated = text
        self._speculations += 1
        return [*discarded, ev.Speculate(text)]

    def _may_speculate(self, text: str) -> bool:
        trusted = self.rules.answers and self._speculations < self.rules.speculations
        return trusted and bool(text) and self._agent is Agent.SILENT

    def _discard(self) -> list[Action]:
        if self._speculated is None:
            return []
        self._speculated = None
        return [ev.Discard()]

    def _finish(self, ending: _Ending) -> list[Action]:
        self._caller, self._pause, self._commit_at_s = Caller.SILENT, None, None
        self._endings.append(ending)
        return [ev.Finish()]

    def _default_ending(self) -> _Ending:
        detects = self.rules.endpointing is not None
        return _Ending.ANSWER if detects and self.rules.answers else _Ending.KEEP

    def _close(self) -> list[Action]:
        """Forget the utterance; a reply that it had silenced goes on."""
        ducked = self._over is not None and self._over.ducked
        self._over, self._pause, self._commit_at_s = None, None, None
        self._caller, self._speculations = Caller.SILENT, 0
        return [ev.Unduck()] if ducked else []

    def _close_turn(self, text: str, ending: _Ending, at_s: float) -> list[Action]:
        speculated = bool(text) and text == self._speculated
        discarded = [] if speculated else self._discard()
        self._speculated = None
        self._close()
        actions: list[Action] = [*discarded, ev.Commit(text)]
        if text:
            self._silence.forget()
            self._tries = 0
        # A laugh that reopened a turn adds no words to it: what was said before is still to be answered.
        if whole := f"{self._reopened_text} {text}".strip():
            self._turn_text = whole
        self._requested |= bool(whole) and ending is _Ending.ANSWER
        return actions + self._answer_if_asked(at_s, speculated=speculated)

    # The agent

    def _answer_if_asked(self, at_s: float, *, speculated: bool = False) -> list[Action]:
        # Whoever speaks now is heard out, and answered together with what the client asks for meanwhile.
        speaks = self._caller is not Caller.SILENT and self.rules.endpointing is not None
        waits = bool(self._endings) or (speaks and not self._unheard_now)
        if not self._requested or self._agent is not Agent.SILENT or waits:
            # What was speculated is answered now or never.
            return [ev.Discard()] if speculated else []
        self._requested = False
        self._agent, self._answered_s, self._reopened_text = Agent.PREPARING, at_s, ""
        return [ev.Answer(speculated)]

    def _recite(self, recital: ev.Recite) -> list[Action]:
        self._agent, self._reciting, self._turn_text = Agent.PREPARING, recital.what, ""
        return [recital]

    def _fall_silent(self) -> None:
        self._agent, self._reciting, self._apology_s = Agent.SILENT, None, None

    def _apologise(self, at_s: float) -> list[Action]:
        self._apology_s, self._owes_apology = at_s, False
        return self._recite(ev.Recite(ev.Recital.APOLOGY))

    def _reply_failed(self, event: ev.ReplyFailed, at_s: float) -> list[Action]:
        """Make the reply again where that is safe; where that takes time, the caller is told first."""
        tells = self.rules.answers and self.rules.apologises and self.rules.endpointing is not None
        parting = self._reciting in (ev.Recital.APOLOGY, ev.Recital.FAREWELL)
        if not tells or self._talks or parting:
            return self._reply_over(ev.ReplyOver(), at_s)
        self._again = event.again and bool(self._turn_text) and self._tries < TRIES
        if self._again and event.ready:
            return self._answer_again()
        return self._apologise(at_s)

    def _answer_again(self) -> list[Action]:
        self._agent, self._reciting = Agent.PREPARING, None
        # What the client asked for meanwhile is an answer to the same.
        self._again = self._requested = False
        self._tries += 1
        return [ev.Answer(again=True)]

    def _unheard(self, _: ev.Unheard, at_s: float) -> list[Action]:
        if self._alone:
            return []
        self._unheard_now = True
        if not self.rules.apologises or self.rules.endpointing is None:
            return self._answer_if_asked(at_s)
        if self._agent is Agent.SILENT:
            return self._apologise(at_s)
        self._owes_apology = self._reciting is not ev.Recital.APOLOGY
        return []

    def _is_heard(self) -> None:
        self._unheard_now = self._owes_apology = False

    def _connected(self, event: ev.Connected, at_s: float) -> list[Action]:
        self._alone = False
        self._silence.forget()
        if not event.greets or self._talks or self._agent is not Agent.SILENT:
            return []
        return self._recite(ev.Recite(ev.Recital.GREETING))

    def _disconnected(self, _: ev.Disconnected, at_s: float) -> list[Action]:
        stop: list[Action] = [] if self._agent is Agent.SILENT else [ev.Stop(ev.Why.LEFT)]
        discarded = self._discard()
        self._close()
        self._fall_silent()
        self._requested, self._again, self._alone = False, False, True
        self._reopened_text = ""
        self._is_heard()
        self._endings.clear()
        return stop + discarded

    def _audible(self, _: ev.ReplyAudible, at_s: float) -> list[Action]:
        if self._agent is Agent.PREPARING:
            self._agent = Agent.SPEAKING
        return []

    def _reply_over(self, _: ev.ReplyOver, at_s: float) -> list[Action]:
        farewell = self._reciting is ev.Recital.FAREWELL
        self._fall_silent()
        if farewell and not (self._talks or self._requested or self._owes_apology):
            self._left = True
            return [ev.HangUp()]
        heard: list[Action] = []
        if self._over is not None and not self._endings:
            # Nothing is left to interrupt: what is spoken over the reply is a turn like any other.
            heard = self._take_floor(at_s)
        if self._owes_apology:
            return heard + self._apologise(at_s)
        if self._again and not self._talks:
            return heard + self._answer_again()
        self._again = False
        return heard + self._answer_if_asked(at_s)

    def _committed(self, _: ev.Committed, at_s: float) -> list[Action]:
        told = self._take_floor(at_s) if self._over is not None else []
        return told + self._finish(_Ending.KEEP)

    def _cleared(self, _: ev.Cleared, at_s: float) -> list[Action]:
        actions = [*self._discard(), *self._close(), ev.Drop()]
        self._endings.clear()
        self._is_heard()
        return actions + self._answer_if_asked(at_s)

    def _reply_requested(self, _: ev.ReplyRequested, at_s: float) -> list[Action]:
        self._silence.forget()
        self._requested = True
        return self._answer_if_asked(at_s)

    def _request_withdrawn(self, _: ev.RequestWithdrawn, at_s: float) -> list[Action]:
        self._requested = False
        return []

    def _cancelled(self, _: ev.ReplyCancelled, at_s: float) -> list[Action]:
        self._silence.forget()
        if self._agent is Agent.SILENT:
            return []
        # A farewell that is cut short is none.
        self._again, self._reciting = False, None
        return [ev.Stop(ev.Why.CLIENT), *self._reply_over(ev.ReplyOver(), at_s)]

    def _rules_changed(self, _: ev.RulesChanged, at_s: float) -> list[Action]:
        """Judge by them the pause that stands: nothing else is told of it."""
        if self._over is not None:
            return []
        self._commit_at_s = None
        return self._discard() if self.rules.endpointing is None else self._consider()

    def _call_closed(self, _: ev.CallClosed, at_s: float) -> list[Action]:
        return []  # its client asks for what follows from it; the silence is watched again

    # The overlap of both

    def _judge(self, at_s: float) -> list[Action]:
        if self._over is None:
            return []
        match self._verdict(self._over, at_s):
            case Verdict.STOP:
                return self._take_floor(at_s)
            case Verdict.RESUME:
                return self._go_on()
        return []

    def _go_on(self) -> list[Action]:
        if self._over is None or not self._over.ducked:
            return []
        self._over.ducked = False
        return [ev.Unduck()]

    def _verdict(self, over: _Over, at_s: float) -> Verdict:
        ended_s = at_s if over.voice_ended_s is None else over.voice_ended_s
        overlap = Overlap(
            age_ms=(at_s - over.since_s) * 1000,
            voiced_ms=(ended_s - over.since_s) * 1000,
            text=self._text,
            paused=self._caller is not Caller.SPEAKING,
            spoken=self._spoken(),
            own_ms=self._own_ms() if self._agent is Agent.SPEAKING else inf,
        )
        return judge(overlap, self.rules.interruption)

    def _take_floor(self, at_s: float) -> list[Action]:
        """Let the caller have the floor who speaks, or spoke, over the reply."""
        self._over = None
        stop: list[Action] = []
        if self._agent is not Agent.SILENT:
            soon = (at_s - self._answered_s) * 1000 <= self.rules.reopen_ms
            self._reopened_text = self._turn_text if soon else ""
            self._fall_silent()
            self._again = False
            stop = [ev.Stop(ev.Why.SPEECH, reopened=bool(self._reopened_text))]
        owed = self._apologise(at_s) if self._owes_apology else []
        return [*stop, ev.TellSpeech(), *self._consider(), *owed]

    # Time

    def _tick(self, _: ev.Tick, at_s: float) -> list[Action]:
        if self._commit_at_s is not None and at_s >= self._commit_at_s:
            return self._finish(self._default_ending())
        if self._judge_at_s is not None and at_s >= self._judge_at_s:
            # Doubt ends here, in the reply's favour.
            return self._judge(at_s) or self._go_on()
        silence_due_s = self._silence.due_s(self.rules)
        if silence_due_s is not None and at_s >= silence_due_s:
            return self._recite(self._silence.recital(self.rules))
        return []


_HANDLERS: Mapping[type, Callable[[Dialogue, Any, float], list[Action]]] = {
    ev.SpeechStarted: Dialogue._started,
    ev.Partial: Dialogue._partial,
    ev.Hushed: Dialogue._hushed,
    ev.Paused: Dialogue._paused,
    ev.SpeechResumed: Dialogue._resumed,
    ev.Final: Dialogue._final,
    ev.ReplyAudible: Dialogue._audible,
    ev.ReplyOver: Dialogue._reply_over,
    ev.ReplyFailed: Dialogue._reply_failed,
    ev.Unheard: Dialogue._unheard,
    ev.Connected: Dialogue._connected,
    ev.Disconnected: Dialogue._disconnected,
    ev.Committed: Dialogue._committed,
    ev.Cleared: Dialogue._cleared,
    ev.ReplyRequested: Dialogue._reply_requested,
    ev.RequestWithdrawn: Dialogue._request_withdrawn,
    ev.ReplyCancelled: Dialogue._cancelled,
    ev.CallClosed: Dialogue._call_closed,
    ev.RulesChanged: Dialogue._rules_changed,
    ev.Tick: Dialogue._tick,
}
