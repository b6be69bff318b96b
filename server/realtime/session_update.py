"""How `session.update` changes what a session is set to. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from openai.types import realtime as oai

from server.realtime import extensions, tools
from server.realtime.audio_update import input_changes, output_changes
from server.realtime.offer import ANYTHING, Offer
from server.realtime.refusals import wrong
from server.realtime.session_config import SessionConfig
from server.settings import AgentSettings

# OpenAI's bound.
MAX_REPLY_TOKENS = 4096
# OpenAI's own services behind them are not here; an agent does without.
ECHOED = {"include", "parallel_tool_calls", "prompt", "reasoning", "tracing", "truncation"}


def apply(
    config: SessionConfig,
    update: oai.SessionUpdateEvent,
    agent: AgentSettings,
    offer: Offer = ANYTHING,
) -> SessionConfig:
    """Return `config` with what `update` sets; raise an error that names the parameter.

    What an update asks for without a value, such as turn detection of no given length, is the agent's. What
    is not in the engines' `offer` is refused.
    """
    session = update.session
    changes = extensions.changes(session.model_extra or {}, agent, offer)
    changes["replies"] = isinstance(session, oai.RealtimeSessionCreateRequest)
    if session.audio is not None and session.audio.input is not None:
        changes |= input_changes(session.audio.input, config, agent)
    config = replace(config, **changes)
    if isinstance(session, oai.RealtimeSessionCreateRequest):
        return replace(config, **_reply_changes(session, config, agent, offer))
    return config


def reply_tokens(given: int | str, agent: AgentSettings, param: str) -> int:
    """Return the bound that `max_output_tokens` asks for: `inf` is the agent's."""
    if not isinstance(given, int):
        return agent.max_reply_tokens
    if not 1 <= given <= MAX_REPLY_TOKENS:
        raise wrong(param, f"{given} is outside 1 to {MAX_REPLY_TOKENS}")
    return given


def _reply_changes(
    session: oai.RealtimeSessionCreateRequest,
    config: SessionConfig,
    agent: AgentSettings,
    offer: Offer,
) -> dict[str, Any]:
    """Return the changes to how the agent answers."""
    changes: dict[str, Any] = {}
    if session.instructions is not None:
        changes["instructions"] = session.instructions
    if session.model is not None:
        changes["model"] = session.model
    if session.output_modalities is not None:
        changes["audio_out"] = "audio" in session.output_modalities
    if session.max_output_tokens is not None:
        changes["max_reply_tokens"] = reply_tokens(
            session.max_output_tokens, agent, "session.max_output_tokens"
        )
    if session.audio is not None and session.audio.output is not None:
        changes |= output_changes(session.audio.output, agent, offer)
    changes["tools"] = tools.changed(
        config.tools, session.tools, session.tool_choice, where="session"
    )
    told = session.model_dump(mode="json", exclude_unset=True, include=ECHOED)
    changes["echo"] = replace(config.echo, session={**config.echo.session, **told})
    return changes
