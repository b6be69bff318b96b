"""How long an engine may take before its callers are told: the table [server.deadlines]."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from antiphon.settings import Table

Ms = Annotated[float, Field(ge=50, le=600_000, allow_inf_nan=False)]


class Deadlines(Table):
    """An engine that gives no sign of life is out; one that does may be slow, within what fits its machine.

    The defaults are for two cores without a card, where four callers at a time wait 2.2 s for the language
    model's first token; on a card 800 each is plenty.
    """

    # Engines that share two cores may be late where they are only busy. On a card 500 leaves time for an
    # apology within a second of the fault: for two questions, and its own way to the caller.
    sign_ms: Ms = Field(
        1500.0, description="an engine that answers no health check for so long is out"
    )
    first_token_ms: Ms = Field(6000.0, description="of a reply, from the language model")
    first_audio_ms: Ms = Field(6000.0, description="of a reply, from its first text on")
    final_ms: Ms = Field(4000.0, description="of an utterance, from its end on")
