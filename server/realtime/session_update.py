"""How `session.update` changes what a session is set to. Pure."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from openai.types import realtime as oai

from antiphon.errors import InvalidInput
from server.realtime.session_config import FORMATS, SessionConfig, WireFormat
from server.settings import AgentSettings

LANGUAGE = re.compile(r"[a-z]{2,3}|")  # ISO 639; empty: detected
# What the recogniser's contract takes.
MIN_SILENCE_MS = 100
MAX_SILENCE_MS = 5000
MIN_SPEED = 0.5
MAX_SPEED = 2.0
# OpenAI's bound.
MAX_REPLY_TOKENS = 4096


def apply(
    config: SessionConfig, update: oai.SessionUpdateEvent, agent: AgentSettings
) -> SessionConfig:
    """Return `config` with what `update` sets; raise `InvalidInput` that names the parameter.

    What an update asks for without a value, such as turn detection of no given length, is the agent's.
    """
    session = update.session
    if not isinstance(session, oai.RealtimeSessionCreateRequest):
        raise _wrong("session.type", "only sessions of type `realtime` are served")
    changes: dict[str, Any] = {}
    if session.instructions is not None:
        changes["instructions"] = session.instructions
    if session.output_modalities is not None:
        changes["audio_out"] = "audio" in session.output_modalities
    if session.max_output_tokens is not None:
        changes["max_reply_tokens"] = _reply_tokens(session.max_output_tokens, agent)
    if session.audio is not None and session.audio.input is not None:
        changes |= _input_changes(session.audio.input, config.silence_ms, agent)
    if session.audio is not None and session.audio.output is not None:
        changes |= _output_changes(session.audio.output)
    return replace(config, **changes)


def _input_changes(
    given: oai.RealtimeAudioConfigInput, silence_ms: int | None, agent: AgentSettings
) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if given.format is not None:
        changes["input_format"] = _format(given.format)
    if given.transcription is not None and given.transcription.language is not None:
        changes["language"] = _language(given.transcription.language)
    if given.turn_detection is not None:
        changes |= _turn_detection_changes(given.turn_detection)
        changes.setdefault("silence_ms", silence_ms or agent.endpoint_silence_ms)
    elif "turn_detection" in given.model_fields_set:
        changes["silence_ms"] = None
    return changes


def _turn_detection_changes(given: Any) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if given.create_response is not None:
        changes["create_response"] = given.create_response
    silence = getattr(given, "silence_duration_ms", None)
    if silence is not None:
        if not MIN_SILENCE_MS <= silence <= MAX_SILENCE_MS:
            raise _wrong(
                "session.audio.input.turn_detection.silence_duration_ms",
                f"{silence} is outside {MIN_SILENCE_MS} to {MAX_SILENCE_MS}",
            )
        changes["silence_ms"] = silence
    return changes


def _output_changes(given: oai.RealtimeAudioConfigOutput) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if given.format is not None:
        changes["output_format"] = _format(given.format)
    if isinstance(given.voice, str):
        changes["voice"] = given.voice
    if given.speed is not None:
        if not MIN_SPEED <= given.speed <= MAX_SPEED:
            raise _wrong(
                "session.audio.output.speed", f"{given.speed} is outside {MIN_SPEED} to {MAX_SPEED}"
            )
        changes["speed"] = given.speed
    return changes


def _format(given: oai.RealtimeAudioFormats) -> WireFormat:
    return FORMATS[given.type or "audio/pcm"]


def _language(given: str) -> str:
    if not LANGUAGE.fullmatch(given):
        raise _wrong(
            "session.audio.input.transcription.language", "no ISO 639 code such as `en`, nor empty"
        )
    return given


def _reply_tokens(given: int | str, agent: AgentSettings) -> int:
    if not isinstance(given, int):
        return agent.max_reply_tokens
    if not 1 <= given <= MAX_REPLY_TOKENS:
        raise _wrong("session.max_output_tokens", f"{given} is outside 1 to {MAX_REPLY_TOKENS}")
    return given


def _wrong(param: str, why: str) -> InvalidInput:
    return InvalidInput(f"session.update: {param}: {why}", reason="INVALID_FIELD", param=param)
