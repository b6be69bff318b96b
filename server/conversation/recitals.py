"""What the agent says of its own accord. Pure."""

from __future__ import annotations

from server.floor.events import Recital
from server.settings import AgentSettings


def words_of(agent: AgentSettings, what: Recital, nth: int) -> str:
    """Return the words for `what`; re-prompts are counted from 0."""
    match what:
        case Recital.GREETING:
            return agent.greeting
        case Recital.REPROMPT:
            return agent.reprompts[nth]
        case Recital.FAREWELL:
            return agent.farewell
        case Recital.APOLOGY:
            return agent.apology
