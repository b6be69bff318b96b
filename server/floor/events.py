"""What the dialogue is told, and what it asks for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """The caller's first voice of an utterance, at `began_s`; None: just now."""

    began_s: float | None = None


@dataclass(frozen=True, slots=True)
class Partial:
    """The hypothesis of the utterance so far."""

    text: str


@dataclass(frozen=True, slots=True)
class Hushed:
    """There has been no voice for a moment, since `ended_s`: a pause follows, or `SpeechResumed`.

    Told again with its `text`, where that is known before the pause.
    """

    ended_s: float
    text: str = ""


@dataclass(frozen=True, slots=True)
class Paused:
    """The caller fell silent at `ended_s`; told again where more is known of the same pause."""

    text: str
    ended_s: float
    probability: float | None = None
    speech_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class SpeechResumed:
    """The caller goes on after a hush or a pause, in the same utterance, since `resumed_s`.

    None: just now.
    """

    resumed_s: float | None = None


@dataclass(frozen=True, slots=True)
class Final:
    """An utterance is closed: what was said in it."""

    text: str


@dataclass(frozen=True, slots=True)
class ReplyAudible:
    """The first audio of the reply leaves."""


@dataclass(frozen=True, slots=True)
class ReplyOver:
    """The reply has been heard out, or has failed for good."""


@dataclass(frozen=True, slots=True)
class ReplyFailed:
    """An engine failed, and ended the reply; it may be made `again` where nothing of it was heard or done.

    `ready`: the engines are well, so that it can be at once.
    """

    again: bool = False
    ready: bool = False


@dataclass(frozen=True, slots=True)
class Unheard:
    """The caller has fallen silent, and what they said is not known yet: the recogniser is away or late."""


@dataclass(frozen=True, slots=True)
class Connected:
    """The caller is there, or there again; `greets` where the agent has the first word."""

    greets: bool = False


@dataclass(frozen=True, slots=True)
class Disconnected:
    """Nobody is there: what was being said, on either side, is over."""


@dataclass(frozen=True, slots=True)
class Committed:
    """The client ends the caller's utterance itself."""


@dataclass(frozen=True, slots=True)
class Cleared:
    """The client takes back what the caller said since an utterance was last ended."""


@dataclass(frozen=True, slots=True)
class ReplyRequested:
    """The client asks for a reply: now, or once what the agent says is over."""


@dataclass(frozen=True, slots=True)
class ReplyCancelled:
    """The client ends the reply."""


@dataclass(frozen=True, slots=True)
class CallClosed:
    """The client gave the output of a function call, or took the call back."""


@dataclass(frozen=True, slots=True)
class RequestWithdrawn:
    """The client asks no longer for the reply that it asked for, and that has not begun."""


@dataclass(frozen=True, slots=True)
class RulesChanged:
    """The dialogue's rules are others from now on."""


@dataclass(frozen=True, slots=True)
class Tick:
    """It is at least as late as `Dialogue.due_s` asked for."""


Event = (
    SpeechStarted
    | Partial
    | Hushed
    | Paused
    | SpeechResumed
    | Final
    | ReplyAudible
    | ReplyOver
    | ReplyFailed
    | Unheard
    | Connected
    | Disconnected
    | Committed
    | Cleared
    | ReplyRequested
    | ReplyCancelled
    | CallClosed
    | RequestWithdrawn
    | RulesChanged
    | Tick
)


class Recital(StrEnum):
    """What the agent says of its own accord."""

    GREETING = "greeting"
    REPROMPT = "reprompt"
    FAREWELL = "farewell"
    APOLOGY = "apology"


@dataclass(frozen=True, slots=True)
class TellSpeech:
    """Tell the client that the caller has the floor."""


@dataclass(frozen=True, slots=True)
class Speculate:
    """Begin a reply to `text` that nobody hears yet."""

    text: str


@dataclass(frozen=True, slots=True)
class Discard:
    """Cancel the speculated reply: it never existed."""


@dataclass(frozen=True, slots=True)
class Finish:
    """Ask the recogniser for the final of the utterance."""


@dataclass(frozen=True, slots=True)
class Commit:
    """What the caller said is part of the conversation."""

    text: str


@dataclass(frozen=True, slots=True)
class Drop:
    """The utterance was none that anybody need know of."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Reply: with the speculated reply, or with a new one; `again` once the engines are back."""

    speculated: bool = False
    again: bool = False


@dataclass(frozen=True, slots=True)
class Recite:
    """Say something of the agent's own."""

    what: Recital
    nth: int = 0


@dataclass(frozen=True, slots=True)
class Duck:
    """Be silent, but ready to go on."""


@dataclass(frozen=True, slots=True)
class Unduck:
    """Go on from the word at which the reply was ducked."""


class Why(StrEnum):
    """What ends a reply: the caller's speech, the client, or that nobody is there."""

    SPEECH = "speech"
    CLIENT = "client"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class Stop:
    """End the reply for good; `reopened` where its caller had not finished and it is as if unsaid."""

    why: Why
    reopened: bool = False


@dataclass(frozen=True, slots=True)
class HangUp:
    """End the session: nobody is there."""


Action = (
    TellSpeech
    | Speculate
    | Discard
    | Finish
    | Commit
    | Drop
    | Answer
    | Recite
    | Duck
    | Unduck
    | Stop
    | HangUp
)
