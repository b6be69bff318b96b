"""How much of the language model's context is a call's history, beside instructions and answer. Pure."""

from __future__ import annotations

from antiphon.errors import Misconfigured
from inference.llm.settings import LlmSettings
from server.settings import AgentSettings

# Of spoken English: 4.2 characters a token, and 5 tokens around each turn. With nothing around them, 4.
CHARS_A_TOKEN = 3
MOST_CHARS_A_TOKEN = 4
# Instructions of a page, and a few tools.
INSTRUCTIONS_TOKENS = 640
# Leaves the conversation its last minute; with less an agent forgets what it was just told.
FEWEST_TOKENS = 1024
# As [agent] history_chars allows.
MOST_CHARS = 1_000_000


def history_chars(context_tokens: int, reply_tokens: int) -> int:
    """Return how many characters of history a context holds beside instructions and answer."""
    left = context_tokens - INSTRUCTIONS_TOKENS - reply_tokens
    return max(0, min(CHARS_A_TOKEN * left, MOST_CHARS))


def check_room(llm: LlmSettings, agent: AgentSettings) -> None:
    """Raise `Misconfigured` where a call that goes on would outgrow the context, and each turn be refused."""
    asked = (agent.history_chars + len(agent.instructions)) // MOST_CHARS_A_TOKEN
    if asked + agent.max_reply_tokens > llm.context_tokens:
        fits = history_chars(llm.context_tokens, agent.max_reply_tokens)
        raise Misconfigured(
            f"[agent] history_chars = {agent.history_chars}, its instructions and max_reply_tokens = "
            f"{agent.max_reply_tokens} are more than [llm] context_tokens = {llm.context_tokens} holds at "
            f"{MOST_CHARS_A_TOKEN} characters a token: lower them (history_chars = {fits} as a rule), or "
            "raise context_tokens"
        )
