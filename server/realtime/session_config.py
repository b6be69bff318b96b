"""What a session is set to, and how `session.update` changes it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from openai.types import realtime as oai

from antiphon.audio import Encoding
from antiphon.errors import InvalidInput
from server.settings import AgentSettings

PCM_RATE_HZ = 24_000
G711_RATE_HZ = 8_000
MIN_SILENCE_MS = 100
MAX_SILENCE_MS = 5000


@dataclass(frozen=True, slots=True)
class WireFormat:
    """Audio as one of OpenAI's format names."""

    name: str
    encoding: Encoding
    rate_hz: int

    def as_json(self) -> dict[str, Any]:
        """Return the format as it stands in a session object."""
        return (
            {"type": self.name, "rate": self.rate_hz}
            if self.name == "audio/pcm"
            else {"type": self.name}
        )


FORMATS = {
    "audio/pcm": WireFormat("audio/pcm", Encoding.PCM_S16LE, PCM_RATE_HZ),
    "audio/pcmu": WireFormat("audio/pcmu", Encoding.MULAW, G711_RATE_HZ),
    "audio/pcma": WireFormat("audio/pcma", Encoding.ALAW, G711_RATE_HZ),
}


@dataclass(frozen=True, slots=True)
class SessionConfig:
    """The settings of one session. `silence_ms` None: the client commits its own turns."""

    instructions: str
    language: str
    voice: str
    speed: float
    input_format: WireFormat
    output_format: WireFormat
    silence_ms: int | None
    create_response: bool
    audio_out: bool
    max_reply_tokens: int

    def as_json(self, session_id: str) -> dict[str, Any]:
        """Return the session object of `session.created` and `session.updated`."""
        return {
            "type": "realtime",
            "id": session_id,
            "object": "realtime.session",
            "instructions": self.instructions,
            "output_modalities": ["audio" if self.audio_out else "text"],
            "max_output_tokens": self.max_reply_tokens,
            "audio": {
                "input": {
                    "format": self.input_format.as_json(),
                    "turn_detection": self._turn_detection(),
                },
                "output": {
                    "format": self.output_format.as_json(),
                    "voice": self.voice,
                    "speed": self.speed,
                },
            },
        }

    def _turn_detection(self) -> dict[str, Any] | None:
        if self.silence_ms is None:
            return None
        return {
            "type": "server_vad",
            "silence_duration_ms": self.silence_ms,
            "create_response": self.create_response,
        }


def initial(agent: AgentSettings) -> SessionConfig:
    """Return what a session starts with."""
    pcm = FORMATS["audio/pcm"]
    return SessionConfig(
        instructions=agent.instructions,
        language=agent.language,
        voice=agent.voice,
        speed=1.0,
        input_format=pcm,
        output_format=pcm,
        silence_ms=agent.endpoint_silence_ms,
        create_response=True,
        audio_out=True,
        max_reply_tokens=agent.max_reply_tokens,
    )


def apply(config: SessionConfig, update: oai.SessionUpdateEvent) -> SessionConfig:
    """Return `config` with what `update` sets; raise `InvalidInput` that names the parameter."""
    session = update.session
    if not isinstance(session, oai.RealtimeSessionCreateRequest):
        raise _wrong("session.type", "only sessions of type `realtime` are served")
    changes: dict[str, Any] = {}
    if session.instructions is not None:
        changes["instructions"] = session.instructions
    if session.output_modalities is not None:
        changes["audio_out"] = "audio" in session.output_modalities
    if isinstance(session.max_output_tokens, int):
        changes["max_reply_tokens"] = _at_least_one(session.max_output_tokens)
    if session.audio is not None and session.audio.input is not None:
        changes |= _input_changes(session.audio.input)
    if session.audio is not None and session.audio.output is not None:
        changes |= _output_changes(session.audio.output)
    return replace(config, **changes)


def _input_changes(given: oai.RealtimeAudioConfigInput) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if given.format is not None:
        changes["input_format"] = _format(given.format, "session.audio.input.format")
    if given.transcription is not None and given.transcription.language is not None:
        changes["language"] = given.transcription.language
    if "turn_detection" in given.model_fields_set:
        changes |= _turn_detection_changes(given.turn_detection)
    return changes


def _turn_detection_changes(given: Any) -> dict[str, Any]:
    if given is None:
        return {"silence_ms": None}
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
        changes["output_format"] = _format(given.format, "session.audio.output.format")
    if isinstance(given.voice, str):
        changes["voice"] = given.voice
    if given.speed is not None:
        if not 0.5 <= given.speed <= 2:
            raise _wrong("session.audio.output.speed", f"{given.speed} is outside 0.5 to 2")
        changes["speed"] = given.speed
    return changes


def _format(given: Any, param: str) -> WireFormat:
    name = given.type or "audio/pcm"
    if name not in FORMATS:
        raise _wrong(param, f"unknown format; known are {', '.join(FORMATS)}")
    return FORMATS[name]


def _at_least_one(tokens: int) -> int:
    if tokens < 1:
        raise _wrong("session.max_output_tokens", f"{tokens} is less than 1")
    return tokens


def _wrong(param: str, why: str) -> InvalidInput:
    return InvalidInput(f"session.update: {param}: {why}", reason="INVALID_FIELD", param=param)
