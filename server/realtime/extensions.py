"""What `session.antiphon` sets: fields that OpenAI's clients do not know. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    ValidationError,
    field_validator,
    model_validator,
)

from antiphon.errors import InvalidInput
from server.floor.endpointing import Bounds, EndpointingChanges
from server.floor.interruption import (
    MAX_CONFIRM_MS,
    MAX_SURE_WORDS,
    MAX_VOICE_MS,
    MIN_CONFIRM_MS,
    InterruptionChanges,
    Mode,
)
from server.floor.rules import MAX_REOPEN_MS, MOST_SPECULATIONS
from server.floor.silence import SilenceChanges
from server.realtime.offer import ANYTHING, Offer
from server.realtime.refusals import wrong
from server.settings import MAX_SILENT_S, MIN_SILENT_S, AgentSettings

# Who is silent for longer has gone.
MAX_WAIT_MS = 60_000


class _Simulation(BaseModel):
    text: str = Field(max_length=10_000)
    voiced_ms: int = Field(ge=1, le=3_600_000)


class _Interruption(BaseModel):
    model_config = ConfigDict(extra="forbid")
    mode: Mode | None = None
    confirm_ms: float | None = Field(None, ge=MIN_CONFIRM_MS, le=MAX_CONFIRM_MS)
    sure_words: int | None = Field(None, ge=1, le=MAX_SURE_WORDS)
    word_ms: float | None = Field(None, ge=0, le=MAX_VOICE_MS)
    wordless_ms: float | None = Field(None, ge=0, le=MAX_VOICE_MS)


class _Silence(BaseModel):
    model_config = ConfigDict(extra="forbid")
    wait_ms: float | None = Field(None, ge=0, le=MAX_SILENT_S * 1000)
    reprompts: int | None = Field(None, ge=0)

    @field_validator("wait_ms")
    @classmethod
    def _never_or_a_while(cls, wait_ms: float | None) -> float | None:
        if wait_ms is not None and 0 < wait_ms < MIN_SILENT_S * 1000:
            raise ValueError(f"either 0 or at least {MIN_SILENT_S * 1000} ms")
        return wait_ms


class _Bounds(BaseModel):
    model_config = ConfigDict(extra="forbid")
    shortest_ms: float = Field(ge=0, le=MAX_WAIT_MS)
    longest_ms: float = Field(ge=0, le=MAX_WAIT_MS)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.shortest_ms > self.longest_ms:
            raise ValueError("shortest_ms is longer than longest_ms")
        return self


class _Endpointing(BaseModel):
    model_config = ConfigDict(extra="forbid")
    accepted_log_odds: float | None = Field(None, ge=-10, le=10, allow_inf_nan=False)
    open: _Bounds | None = None
    answer: _Bounds | None = None
    dictation: _Bounds | None = None

    def changes(self) -> EndpointingChanges:
        bounds = {
            name: given and Bounds(given.shortest_ms, given.longest_ms)
            for name in ("open", "answer", "dictation")
            for given in [getattr(self, name)]
        }
        return EndpointingChanges(self.accepted_log_odds, **bounds)


class _Extensions(BaseModel):
    # Others than these are tolerated, as OpenAI's own unknown fields are, and those of another version.
    events: StrictBool | None = None
    speculation: StrictBool | None = None
    speculations: int | None = Field(None, ge=0, le=MOST_SPECULATIONS)
    reopen_ms: float | None = Field(None, ge=0, le=MAX_REOPEN_MS)
    endpointing: _Endpointing | None = None
    interruption: _Interruption | None = None
    silence: _Silence | None = None
    simulation: _Simulation | None = None
    echo_cancellation: StrictBool | None = None


def changes(
    extra: Mapping[str, Any], agent: AgentSettings, offer: Offer = ANYTHING
) -> dict[str, Any]:
    """Return the changes to a `SessionConfig`; raise `InvalidInput` that names the parameter."""
    if "antiphon" not in extra:
        return {}
    try:
        given = _Extensions.model_validate(extra["antiphon"])
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        param = ".".join(("session.antiphon", *(str(part) for part in first["loc"])))
        raise InvalidInput(
            f"session.update: {param}: {first['msg']}", reason="INVALID_FIELD", param=param
        ) from None
    if given.simulation is not None:
        offer.check_simulation("session.antiphon.simulation")
    simulation = given.simulation and (given.simulation.text, given.simulation.voiced_ms)
    found = {
        "extensions": given.events,
        "speculates": given.speculation,
        "endpointing": given.endpointing and given.endpointing.changes(),
        "speculations": given.speculations,
        "reopen_ms": given.reopen_ms,
        "interruption": given.interruption and InterruptionChanges(**dict(given.interruption)),
        "silence": given.silence and _silence(given.silence, agent),
        "simulation": simulation,
        "cancels_echo": given.echo_cancellation,
    }
    return {name: value for name, value in found.items() if value is not None}


def _silence(given: _Silence, agent: AgentSettings) -> SilenceChanges:
    most = len(agent.reprompts)
    if given.reprompts is not None and given.reprompts > most:
        raise wrong("session.antiphon.silence.reprompts", f"the agent has words for {most}")
    return SilenceChanges(given.wait_ms, given.reprompts)
