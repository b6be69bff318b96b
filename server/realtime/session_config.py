"""What a session is set to. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from antiphon.audio import SAMPLE_BYTES, Encoding
from antiphon.errors import InvalidInput
from server.settings import AgentSettings

PCM_RATE_HZ = 24_000
G711_RATE_HZ = 8_000


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

    def check_whole(self, audio: bytes) -> None:
        """Raise `InvalidInput` where `audio` ends within a sample."""
        width = SAMPLE_BYTES[self.encoding]
        if len(audio) % width:
            raise InvalidInput(
                f"{len(audio)} bytes of audio are no whole number of {width}-byte samples",
                reason="SPLIT_SAMPLE",
                param="audio",
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
