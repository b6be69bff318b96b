"""What `session.antiphon` sets: fields that OpenAI's clients do not know. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, StrictBool, ValidationError

from antiphon.errors import InvalidInput
from server.floor.interruption import MAX_CONFIRM_MS, MIN_CONFIRM_MS, Mode


class _Simulation(BaseModel):
    text: str = Field(max_length=10_000)
    voiced_ms: int = Field(ge=1, le=3_600_000)


class _Interruption(BaseModel):
    model_config = ConfigDict(extra="forbid")
    mode: Mode
    confirm_ms: float | None = Field(None, ge=MIN_CONFIRM_MS, le=MAX_CONFIRM_MS)


class _Extensions(BaseModel):
    # Others than these are tolerated, here and within, as OpenAI's own unknown fields are: an error would
    # have to name them, and so repeat the client's words.
    events: StrictBool | None = None
    speculation: StrictBool | None = None
    interruption: _Interruption | None = None
    simulation: _Simulation | None = None


def changes(extra: Mapping[str, Any]) -> dict[str, Any]:
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
    simulation = given.simulation and (given.simulation.text, given.simulation.voiced_ms)
    interruption = given.interruption and (given.interruption.mode, given.interruption.confirm_ms)
    found = {
        "extensions": given.events,
        "speculates": given.speculation,
        "interruption": interruption,
        "simulation": simulation,
    }
    return {name: value for name, value in found.items() if value is not None}
