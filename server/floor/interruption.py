"""What speech over the agent's reply does to it. Pure.

The reply is silent already: it was ducked at the first voice. So there is no hurry to stop it, and time
to hear words: a pause brings them, and else the end of doubt, `confirm_ms`. Only who says several words is
believed at once. What goes on after that without being understood is stopped for by its length; what had
ended, or is nothing but listening, or our own words, lets the reply go on. Each verdict is good until the
next: a reply that goes on can still be stopped by what is understood later. Who is softer than the caller
has been is somebody behind them, whatever they say.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from math import inf

from server.floor.backchannel import Phrases, Words, phrases_of, words_of
from server.floor.echo import is_echo

# Less is no word yet; after more, a silent reply is taken for a broken line.
MIN_CONFIRM_MS = 100.0
MAX_CONFIRM_MS = 5000.0
MAX_SURE_WORDS = 100
MAX_VOICE_MS = 5000.0
# Less at the caller's own loudness is somebody else. A single sound of that loudness counts for 220 ms, with
# what is around it; a short word for more.
MIN_OWN_MS = 250.0
# A timer's clock of floats may be a little early.
SAME_MS = 1.0


@dataclass(frozen=True, slots=True)
class Overlap:
    """Speech of the caller over a reply that is being heard.

    `age_ms` counts from its first voice; `voiced_ms` is how much of that was voice, the age where that is
    not known. `text` is the hypothesis so far, empty where there is none. `paused`: the caller is silent
    again, and `text` is all of it. `spoken` is what the reply said in the last seconds. `own_ms` is how
    much of it is as loud as the caller has been, with 0.1 s around each sound; infinite where that is not
    known.
    """

    age_ms: float
    voiced_ms: float
    text: str
    paused: bool
    spoken: str
    own_ms: float = inf

    @property
    def is_own(self) -> bool:
        """Whether it may be the caller."""
        return self.own_ms >= MIN_OWN_MS

    @property
    def meant_ms(self) -> float:
        """How much of it is voice of the caller's."""
        return min(self.voiced_ms, self.own_ms)


class Verdict(StrEnum):
    """What becomes of the reply."""

    WAIT = "wait"
    STOP = "stop"
    RESUME = "resume"


class Mode(StrEnum):
    """What takes the floor: nothing, `confirm_ms` of any voice, or what is meant to."""

    OFF = "off"
    VOICE = "voice"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class InterruptionSettings:
    """When speech over a reply takes the floor."""

    mode: Mode = Mode.FULL
    # A reply that was silenced for nothing is silent for so long at most.
    confirm_ms: float = 800
    # Who says so many words that are no listening means them.
    sure_words: int = 3
    # Fewer words are believed of so much voice; less is a cough put into words.
    word_ms: float = 350
    # So much voice takes the floor although nothing was understood.
    wordless_ms: float = 600
    phrases: Phrases = field(default_factory=lambda: phrases_of("en"))


@dataclass(frozen=True, slots=True)
class InterruptionChanges:
    """What is to be otherwise than the site has it; None is as there."""

    mode: Mode | None = None
    confirm_ms: float | None = None
    sure_words: int | None = None
    word_ms: float | None = None
    wordless_ms: float | None = None

    def applied_to(self, usual: InterruptionSettings) -> InterruptionSettings:
        """Return `usual` with these."""
        given = {one.name: getattr(self, one.name) for one in fields(self)}
        return replace(usual, **{name: one for name, one in given.items() if one is not None})


AS_USUAL = InterruptionChanges()


def judge(overlap: Overlap, settings: InterruptionSettings) -> Verdict:
    """Return what `overlap` does to the reply; WAIT never past `confirm_ms`, nor at a pause."""
    match settings.mode:
        case Mode.OFF:
            return Verdict.RESUME
        case Mode.VOICE:
            stops = overlap.is_own and overlap.voiced_ms + SAME_MS >= settings.confirm_ms
        case Mode.FULL:
            stops = _is_meant(overlap, settings)
    if stops:
        return Verdict.STOP
    decided = overlap.paused or overlap.age_ms + SAME_MS >= settings.confirm_ms
    return Verdict.RESUME if decided else Verdict.WAIT


def _is_meant(overlap: Overlap, settings: InterruptionSettings) -> bool:
    if not overlap.is_own:
        return False
    words = words_of(overlap.text)
    if is_echo(words, words_of(overlap.spoken)):
        words = ()
    listens = settings.phrases.only_listens(words)
    if len(words) >= settings.sure_words and not listens:
        return True
    if overlap.paused:
        return bool(words) and _is_meant_whole(words, overlap, settings)
    if overlap.age_ms + SAME_MS < settings.confirm_ms or listens:
        return False
    return overlap.meant_ms + SAME_MS >= (settings.word_ms if words else settings.wordless_ms)


def _is_meant_whole(words: Words, overlap: Overlap, settings: InterruptionSettings) -> bool:
    """Return whether `words`, which are all that was said, are for the agent to react to."""
    if settings.phrases.takes_over(words) or _asks(overlap.spoken):
        return True
    return overlap.meant_ms >= settings.word_ms and not settings.phrases.only_listens(words)


def _asks(spoken: str) -> bool:
    """Return whether the reply has just asked something: then "yes" is an answer."""
    return spoken.rstrip(" \n\"'”’)").endswith(("?", "？"))  # noqa: RUF001 - Chinese and Japanese
