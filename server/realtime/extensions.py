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
    model_validator,
)

from antiphon.errors import InvalidInput
from server.floor.endpointing import Bounds, EndpointingChanges
from server.floor.interruption import MAX_CONFIRM_MS, MIN_CONFIRM_MS, Mode
from server.realtime.offer import ANYTHING, Offer

# Who is silent for longer has gone.
MAX_WAIT_MS = 60_000


class _Simulation(BaseModel):
    text: str = Field(max_length=10_000)
    voiced_ms: int = Field(ge=1, le=3_600_000)


class _Interruption(BaseModel):
    model_config = ConfigDict(extra="forbid")
    mode: Mode
    confirm_ms: float | None = Field(None, ge=MIN_CONFIRM_MS, le=MAX_CONFIRM_MS)


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
    # Others than these are tolerated, here and within, as OpenAI's own unknown fields are: an error would
    # have to name them, and so repeat the client's words.
    events: StrictBool | None = None
    speculation: StrictBool | None = None
    endpointing: _Endpointing | None = None
    interruption: _Interruption | None = None
    simulation: _Simulation | None = None
    echo_cancellation: StrictBool | None = None


def changes(extra: Mapping[str, Any], offer: Offer = ANYTHING) -> dict[str, Any]:
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
    interruption = given.interruption and (given.interruption.mode, given.interruption.confirm_ms)
    found = {
        "extensions": given.events,
        "speculates": given.speculation,
        "endpointing": given.endpointing and given.endpointing.changes(),
        "interruption": interruption,
        "simulation": simulation,
        "cancels_echo": given.echo_cancellation,
    }
    return {name: value for name, value in found.items() if value is not None}
