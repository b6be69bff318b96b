"""A session's settings as its dialogue's rules. Pure."""

from __future__ import annotations

import sys
from dataclasses import replace

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
    silent_ms = _silent_ms(config, agent)
    if not config.replies:
        endpointing = _endpointing(config, detection) if detection is not None else None
        return Rules(endpointing=endpointing, language=config.language or "en", answers=False)
    if detection is None:
        return Rules(
            endpointing=None, reprompt_ms=silent_ms, reprompts=_usual_reprompts(config, agent)
        )
    return Rules(
        endpointing=_endpointing(config, detection),
        interruption=_interruption(config, detection, agent),
        language=config.language or "en",
        answers=detection.create_response,
        apologises=bool(agent.apology) and config.audio_out,
        speculations=_speculations(config, agent),
        reopen_ms=agent.reopen_ms if config.reopen_ms is None else config.reopen_ms,
        reprompt_ms=detection.idle_timeout_ms or silent_ms,
        reprompts=_reprompts(config, detection, agent),
    )


def _speculations(config: SessionConfig, agent: AgentSettings) -> int:
    if not config.speculates:
        return 0
    return agent.speculations if config.speculations is None else config.speculations


def _silent_ms(config: SessionConfig, agent: AgentSettings) -> float | None:
    asked = config.silence.wait_ms
    return (agent.silent_s * 1000 if asked is None else asked) or None


def _usual_reprompts(config: SessionConfig, agent: AgentSettings) -> int:
    asked = config.silence.reprompts
    return len(agent.reprompts) if asked is None else asked


def _reprompts(config: SessionConfig, detection: TurnDetection, agent: AgentSettings) -> int:
    usual = _usual_reprompts(config, agent)
    if detection.idle_timeout_ms is None:
        return usual
    # An agent that waits for ever answers every silence that its client asks it to.
    return max(usual, 1) if _silent_ms(config, agent) else sys.maxsize


def _endpointing(config: SessionConfig, detection: TurnDetection) -> Endpointing:
    if detection.type == "server_vad":
        return FixedSilence(detection.silence_ms)
    preset = PRESETS[EAGERNESS[detection.eagerness]]
    return SemanticEndpointing(config.endpointing.applied_to(preset))


def _interruption(
    config: SessionConfig, detection: TurnDetection, agent: AgentSettings
) -> InterruptionSettings:
    site = agent.interruption
    usual = InterruptionSettings(
        mode=site.mode,
        confirm_ms=site.confirm_ms,
        sure_words=site.sure_words,
        word_ms=site.word_ms,
        wordless_ms=site.wordless_ms,
        phrases=phrases_of(config.language, site.listening, site.takeover),
    )
    asked = config.interruption.applied_to(usual)
    return asked if detection.interrupt_response else replace(asked, mode=Mode.OFF)
