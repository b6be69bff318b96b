"""A session's settings as its dialogue's rules. Pure."""

from __future__ import annotations

import sys

from server.floor.backchannel import phrases_of
from server.floor.endpointing import (
    EAGERNESS,
    PRESETS,
    Endpointing,
    FixedSilence,
    SemanticEndpointing,
)
from server.floor.interruption import InterruptionSettings, Mode
from server.floor.rules import Rules
from server.realtime.session_config import SessionConfig, TurnDetection
from server.settings import AgentSettings


def rules_of(config: SessionConfig, agent: AgentSettings) -> Rules:
    """Return what the dialogue of a session that is set to `config` goes by."""
    detection = config.turn_detection
    silent_ms = agent.silent_s * 1000 or None
    if not config.replies:
        endpointing = _endpointing(config, detection) if detection is not None else None
        return Rules(endpointing=endpointing, language=config.language or "en", answers=False)
    if detection is None:
        return Rules(endpointing=None, reprompt_ms=silent_ms, reprompts=len(agent.reprompts))
    return Rules(
        endpointing=_endpointing(config, detection),
        interruption=_interruption(config, detection, agent),
        language=config.language or "en",
        answers=detection.create_response,
        apologises=bool(agent.apology) and config.audio_out,
        speculations=agent.speculations if config.speculates else 0,
        reprompt_ms=detection.idle_timeout_ms or silent_ms,
        reprompts=_reprompts(detection, agent),
    )


def _reprompts(detection: TurnDetection, agent: AgentSettings) -> int:
    if detection.idle_timeout_ms is None:
        return len(agent.reprompts)
    # An agent that waits for ever answers every silence that its client asks it to.
    return max(len(agent.reprompts), 1) if agent.silent_s else sys.maxsize


def _endpointing(config: SessionConfig, detection: TurnDetection) -> Endpointing:
    if detection.type == "server_vad":
        return FixedSilence(detection.silence_ms)
    preset = PRESETS[EAGERNESS[detection.eagerness]]
    return SemanticEndpointing(config.endpointing.applied_to(preset))


def _interruption(
    config: SessionConfig, detection: TurnDetection, agent: AgentSettings
) -> InterruptionSettings:
    given = agent.interruption
    mode, confirm_ms = config.interruption or (given.mode, None)
    return InterruptionSettings(
        mode=mode if detection.interrupt_response else Mode.OFF,
        confirm_ms=confirm_ms or given.confirm_ms,
        sure_words=given.sure_words,
        word_ms=given.word_ms,
        wordless_ms=given.wordless_ms,
        phrases=phrases_of(config.language, given.listening, given.takeover),
    )
