"""What `session.audio` of an update changes. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from openai import BaseModel
from openai.types import realtime as oai

from server.realtime.offer import ANYTHING, Offer
from server.realtime.refusals import wrong
from server.realtime.session_config import (
    DEFAULT_PADDING_MS,
    DEFAULT_THRESHOLD,
    FORMATS,
    Echo,
    SessionConfig,
    TurnDetection,
    WireFormat,
)
from server.settings import AgentSettings

INPUT = "session.audio.input"
OUTPUT = "session.audio.output"
LANGUAGE = re.compile(r"[a-z]{2,3}|")  # ISO 639; empty: detected
# Shorter, and closures inside a word end a turn; longer, and the caller thinks that the line is dead.
MIN_SILENCE_MS = 100
MAX_SILENCE_MS = 5000
# OpenAI's bounds.
MIN_IDLE_MS = 5000
MAX_IDLE_MS = 30_000
MAX_PADDING_MS = 5000
MIN_SPEED = 0.5
MAX_SPEED = 2.0
# Clients that accept no other names ask for these; each is the site's own voice.
OPENAI_VOICES = (
    *("alloy", "ash", "ballad", "cedar", "coral", "echo", "fable"),
    *("marin", "nova", "onyx", "sage", "shimmer", "verse"),
)


def input_changes(
    given: oai.RealtimeAudioConfigInput | oai.RealtimeTranscriptionSessionAudioInput,
    config: SessionConfig,
    agent: AgentSettings,
) -> dict[str, Any]:
    """Return the changes that `audio.input` asks for, of either type of session."""
    changes: dict[str, Any] = {}
    if given.format is not None:
        changes["input_format"] = FORMATS[given.format.type or "audio/pcm"]
    if given.transcription is not None and given.transcription.language is not None:
        changes["language"] = _language(given.transcription.language)
    if "turn_detection" in given.model_fields_set:
        detection = given.turn_detection
        changes["turn_detection"] = detection and _turn_detection(detection, agent)
    changes["echo"] = _echo(given, config.echo)
    return changes


def output_changes(
    given: oai.RealtimeAudioConfigOutput, agent: AgentSettings, offer: Offer = ANYTHING
) -> dict[str, Any]:
    """Return the changes that `audio.output` asks for."""
    changes = voice_changes(given.voice, agent, offer, f"{OUTPUT}.voice")
    if given.format is not None:
        changes["output_format"] = output_format(given.format)
    if given.speed is not None:
        if not MIN_SPEED <= given.speed <= MAX_SPEED:
            raise wrong(f"{OUTPUT}.speed", f"{given.speed} is outside {MIN_SPEED} to {MAX_SPEED}")
        changes["speed"] = given.speed
    return changes


def voice_changes(
    given: object, agent: AgentSettings, offer: Offer = ANYTHING, param: str = f"{OUTPUT}.voice"
) -> dict[str, Any]:
    """Return the changes that a `voice` asks for: a name, or an object that holds one as its id."""
    if given is None:
        return {}
    name = given if isinstance(given, str) else str(getattr(given, "id", ""))
    if name in OPENAI_VOICES:
        return {"voice": agent.voice, "voice_name": name}
    offer.check_voice(name, param)
    return {"voice": name, "voice_name": name}


def output_format(given: oai.RealtimeAudioFormats) -> WireFormat:
    """Return the format that OpenAI's name stands for."""
    return FORMATS[given.type or "audio/pcm"]


def _turn_detection(given: Any, agent: AgentSettings) -> TurnDetection:
    """Return what `server_vad` or `semantic_vad` asks for; each has fields that the other lacks."""
    asked = given.model_dump(exclude_none=True)
    _check(asked, "silence_duration_ms", MIN_SILENCE_MS, MAX_SILENCE_MS)
    _check(asked, "idle_timeout_ms", MIN_IDLE_MS, MAX_IDLE_MS)
    _check(asked, "prefix_padding_ms", 0, MAX_PADDING_MS)
    _check(asked, "threshold", 0, 1)
    return TurnDetection(
        type=given.type,
        silence_ms=asked.get("silence_duration_ms", agent.endpoint_silence_ms),
        eagerness=asked.get("eagerness", "auto"),
        create_response=asked.get("create_response", True),
        interrupt_response=asked.get("interrupt_response", True),
        idle_timeout_ms=asked.get("idle_timeout_ms"),
        threshold=asked.get("threshold", DEFAULT_THRESHOLD),
        prefix_padding_ms=asked.get("prefix_padding_ms", DEFAULT_PADDING_MS),
    )


def _check(asked: Mapping[str, Any], name: str, least: float, most: float) -> None:
    if name in asked and not least <= asked[name] <= most:
        raise wrong(f"{INPUT}.turn_detection.{name}", f"{asked[name]} is outside {least} to {most}")


def _language(given: str) -> str:
    if not LANGUAGE.fullmatch(given):
        raise wrong(f"{INPUT}.transcription.language", "no ISO 639 code such as `en`, nor empty")
    return given


def _echo(given: BaseModel, before: Echo) -> Echo:
    told = given.model_dump(
        mode="json", exclude_unset=True, include={"noise_reduction", "transcription"}
    )
    transcription = told.pop("transcription", None) or {}
    transcription.pop("language", None)  # it is set, and told as it is
    return replace(
        before,
        input={**before.input, **told},
        transcription={**before.transcription, **transcription},
    )
