"""What a session's dialogue goes by. Every number can be set for a session."""

from __future__ import annotations

from dataclasses import dataclass, field

from server.floor.endpointing import Endpointing
from server.floor.interruption import InterruptionSettings

# Each may cost a whole reply; who pauses more often in one turn has been trusted enough.
MOST_SPECULATIONS = 100
# After more the caller answers, and does not go on.
MAX_REOPEN_MS = 10_000.0


@dataclass(frozen=True, slots=True)
class Rules:
    """`endpointing` None: the client ends the caller's utterances, and nothing interrupts a reply."""

    endpointing: Endpointing | None
    interruption: InterruptionSettings = field(default_factory=InterruptionSettings)
    # Of what the caller says, ISO 639-1.
    language: str = "en"
    # Whether what the caller said is answered without being asked for.
    answers: bool = True
    # Whether the caller is told where an answer fails.
    apologises: bool = True
    # Replies begun on trust for one turn; each may cost as much as a whole one. 0: none.
    speculations: int = 4
    # A caller who goes on so soon after the agent took the floor had not finished.
    reopen_ms: float = 1500
    # After so long a silence the agent asks whether anybody is there; None: it waits for ever.
    reprompt_ms: float | None = None
    # How often it asks before it says goodbye.
    reprompts: int = 2
