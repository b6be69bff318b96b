"""When a pause ends the caller's turn. Pure.

At a pause the caller either is done or goes on. `odds` says how likely the latter is, from what the
acoustic model makes of the last seconds and from how long this caller has paused before; the words
say the rest. While the silence lasts the odds fall, since pauses within a turn end one by one: the
turn is over when they are down to what is accepted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import Protocol

from antiphon.errors import InvalidInput
from server.floor.expectation import Expects
from server.floor.odds import FITTED, Weights
from server.floor.transcript import (
    ends_in_group,
    is_dictated,
    is_short_answer,
    is_unfinished,
    words,
)

# Less voice than any word has: the beginning of one.
SHORTEST_WORD_MS = 200.0
# A clause that breaks off is e^2, seven times, as likely to go on. Set by hand: in `turns/` Whisper hears
# a dozen of them, too few to fit.
UNFINISHED_LOG_ODDS = 2.0


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known at a pause of the caller.

    `text` is all that the turn has said so far, `probability` the acoustic model's that it is over,
    `speech_ms` its voice. `pauses` were taken back before, the longest `longest_pause_ms` long. `expects`
    is what the agent had asked for. The words count where `language` (ISO 639-1) is English.
    """

    text: str
    probability: float | None
    speech_ms: float
    pauses: int = 0
    longest_pause_ms: float = 0.0
    expects: Expects = Expects.OPEN
    language: str = "en"


class Endpointing(Protocol):
    """Decides how long a silence must be to end the turn."""

    def wait_ms(self, evidence: Evidence) -> float:
        """Return the silence, counted from the end of the voice, at which the turn is over."""
        ...


@dataclass(frozen=True, slots=True)
class FixedSilence:
    """The same silence whatever was said, as `server_vad` asks for."""

    silence_ms: float

    def wait_ms(self, evidence: Evidence) -> float:
        """Return it."""
        return self.silence_ms


@dataclass(frozen=True, slots=True)
class Bounds:
    """The shortest and the longest silence that end a turn."""

    shortest_ms: float
    longest_ms: float

    def __post_init__(self) -> None:
        if not 0 <= self.shortest_ms <= self.longest_ms:
            raise InvalidInput(
                f"endpointing waits from {self.shortest_ms} to {self.longest_ms} ms: give a shortest "
                "wait of 0 or more, and a longest that is no shorter"
            )


@dataclass(frozen=True, slots=True)
class EndpointingSettings:
    """How patient an agent is.

    `accepted_log_odds` is how likely, as log-odds, a caller may still be to go on when the turn is ended.
    `answer` holds for a yes or no that was asked for, `dictation` for digits and letters.
    """

    accepted_log_odds: float
    open: Bounds
    answer: Bounds
    dictation: Bounds


@dataclass(frozen=True, slots=True)
class EndpointingChanges:
    """What is to be otherwise than in the preset; None is as there."""

    accepted_log_odds: float | None = None
    open: Bounds | None = None
    answer: Bounds | None = None
    dictation: Bounds | None = None

    def applied_to(self, preset: EndpointingSettings) -> EndpointingSettings:
        """Return `preset` with these."""
        given = {one.name: getattr(self, one.name) for one in fields(self)}
        return replace(preset, **{name: one for name, one in given.items() if one is not None})


UNCHANGED = EndpointingChanges()

# Of 30 pauses in calls and orders by voice, 29 end within 380 ms or sound unfinished. A yes is over when
# it is over. Digits come in groups, with the caller's eyes on a card in between.
DEFAULT = "default"
PRESETS: Mapping[str, EndpointingSettings] = MappingProxyType(
    {
        "eager": EndpointingSettings(0.3, Bounds(250, 1200), Bounds(200, 800), Bounds(700, 2000)),
        DEFAULT: EndpointingSettings(
            -0.7, Bounds(360, 2000), Bounds(250, 1500), Bounds(1000, 3000)
        ),
        "patient": EndpointingSettings(
            -1.5, Bounds(600, 3000), Bounds(400, 2000), Bounds(1500, 4000)
        ),
    }
)
# OpenAI's words for how eager `semantic_vad` is.
EAGERNESS: Mapping[str, str] = MappingProxyType(
    {"low": "patient", "medium": DEFAULT, "auto": DEFAULT, "high": "eager"}
)


@dataclass(frozen=True, slots=True)
class SemanticEndpointing:
    """Waits as long as what was said, and how, gives reason to."""

    settings: EndpointingSettings
    weights: Weights = FITTED

    def wait_ms(self, evidence: Evidence) -> float:
        """Return the silence that ends the turn, within the settings' bounds."""
        bounds = self._bounds(evidence)
        if _has_said_nothing(evidence):
            return bounds.longest_ms
        log_odds = self.weights.log_odds(evidence.probability, evidence.longest_pause_ms)
        if evidence.language == "en" and is_unfinished(evidence.text):
            log_odds += UNFINISHED_LOG_ODDS
        excess = log_odds - self.settings.accepted_log_odds
        wait_ms = bounds.shortest_ms + self.weights.residual_ms * excess
        return min(max(wait_ms, bounds.shortest_ms), bounds.longest_ms)

    def _bounds(self, evidence: Evidence) -> Bounds:
        if evidence.language != "en":
            return self.settings.open
        if is_dictated(evidence.text):
            return self.settings.dictation
        match evidence.expects:
            case Expects.DICTATION if ends_in_group(evidence.text):
                return self.settings.dictation
            case Expects.YES_NO if is_short_answer(evidence.text):
                return self.settings.answer
        return self.settings.open


def _has_said_nothing(evidence: Evidence) -> bool:
    said_words = bool(words(evidence.text)) if evidence.language == "en" else bool(evidence.text)
    return not said_words or evidence.speech_ms < SHORTEST_WORD_MS
