"""What a session is set to. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from antiphon.audio import SAMPLE_BYTES, Encoding
from antiphon.errors import InvalidInput
from server.floor.endpointing import UNCHANGED, EndpointingChanges
from server.floor.interruption import AS_USUAL, InterruptionChanges
from server.floor.silence import WAITS_AS_USUAL, SilenceChanges
from server.realtime.tools import NO_TOOLS, Tools
from server.settings import AgentSettings

PCM_RATE_HZ = 24_000
G711_RATE_HZ = 8_000
# What a session's model is called where its client names none.
MODEL = "antiphon"
# OpenAI's own defaults, which its clients also send where nobody chose them: then the recogniser goes by what
# it is set to, as for a client that sends nothing.
DEFAULT_THRESHOLD = 0.5
DEFAULT_PADDING_MS = 300


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
class TurnDetection:
    """How the end of the caller's turn is found: `server_vad` by silence alone, `semantic_vad` by more."""

    type: str
    silence_ms: int
    eagerness: str = "auto"
    create_response: bool = True
    interrupt_response: bool = True
    idle_timeout_ms: int | None = None
    threshold: float = DEFAULT_THRESHOLD
    prefix_padding_ms: int = DEFAULT_PADDING_MS

    @property
    def voice_threshold(self) -> float | None:
        """How likely the recogniser must find voice, 0 to 1; None: as likely as it is set to."""
        return None if self.threshold == DEFAULT_THRESHOLD else self.threshold

    @property
    def preroll_ms(self) -> int | None:
        """How much audio before its first voice belongs to an utterance; None: what is usual here."""
        return None if self.prefix_padding_ms == DEFAULT_PADDING_MS else self.prefix_padding_ms

    def as_json(self) -> dict[str, Any]:
        """Return it as it stands in a session object."""
        told = {
            "type": self.type,
            "create_response": self.create_response,
            "interrupt_response": self.interrupt_response,
        }
        if self.type == "semantic_vad":
            return told | {"eagerness": self.eagerness}
        return told | {
            "threshold": self.threshold,
            "prefix_padding_ms": self.prefix_padding_ms,
            "silence_duration_ms": self.silence_ms,
            "idle_timeout_ms": self.idle_timeout_ms,
        }


@dataclass(frozen=True, slots=True)
class Echo:
    """Fields of a session, of its audio input and of that one's transcription that change nothing here.

    They are told back as they were given.
    """

    session: Mapping[str, Any] = field(default_factory=dict)
    input: Mapping[str, Any] = field(default_factory=dict)
    transcription: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SessionConfig:
    """The settings of one session. `turn_detection` None: the client commits its own turns.

    `replies` False: a transcription session, where the agent is silent. `voice` is the synthesizer's
    name, and `voice_name`, where there is one, the client's for it.

    Antiphon's own: `extensions` sends events that OpenAI does not have; `speculates` answers pauses on
    trust, up to so many `speculations` a turn; `endpointing` is how `semantic_vad` differs from what its
    `eagerness` names; who goes on within `reopen_ms` had not finished; `interruption` is what takes the floor
    from a reply, and `silence` how a silent caller is waited for; what is None there is the agent's.
    `simulation` is the text that a simulated recogniser hears, and the ms of voice that hold it;
    `cancels_echo` takes the agent's own voice out of the caller's audio, by default except over WebRTC.
    """

    instructions: str
    language: str
    voice: str
    speed: float
    input_format: WireFormat
    output_format: WireFormat
    turn_detection: TurnDetection | None
    audio_out: bool
    max_reply_tokens: int
    replies: bool = True
    model: str = MODEL
    voice_name: str = ""
    tools: Tools = NO_TOOLS
    echo: Echo = Echo()
    extensions: bool = False
    speculates: bool = True
    endpointing: EndpointingChanges = UNCHANGED
    interruption: InterruptionChanges = AS_USUAL
    speculations: int | None = None
    reopen_ms: float | None = None
    silence: SilenceChanges = WAITS_AS_USUAL
    simulation: tuple[str, int] | None = None
    cancels_echo: bool | None = None

    @property
    def hearing(self) -> tuple[object, ...]:
        """What a recogniser's stream is opened with."""
        return self.input_format, self.language, self.simulation, self.voicing

    @property
    def voicing(self) -> tuple[float | None, int | None]:
        """The threshold and the preroll that are asked of the recogniser, as `TurnDetection` has them."""
        detection = self.turn_detection
        return (detection.voice_threshold, detection.preroll_ms) if detection else (None, None)

    @property
    def told_voice(self) -> str:
        """The voice as the client knows it."""
        return self.voice_name or self.voice

    def as_json(self, session_id: str) -> dict[str, Any]:
        """Return the session object of `session.created` and `session.updated`."""
        if not self.replies:
            return {
                "type": "transcription",
                "id": session_id,
                "object": "realtime.transcription_session",
                "audio": {"input": self._input_as_json()},
            }
        return {
            **self.echo.session,
            "type": "realtime",
            "id": session_id,
            "object": "realtime.session",
            "model": self.model,
            "instructions": self.instructions,
            "output_modalities": ["audio" if self.audio_out else "text"],
            "max_output_tokens": self.max_reply_tokens,
            "tools": [tool.as_json() for tool in self.tools.offered],
            "tool_choice": self.tools.choice_as_json(),
            "audio": {
                "input": self._input_as_json(),
                "output": {
                    "format": self.output_format.as_json(),
                    "voice": self.told_voice,
                    "speed": self.speed,
                },
            },
        }

    def _input_as_json(self) -> dict[str, Any]:
        return {
            **self.echo.input,
            "format": self.input_format.as_json(),
            "transcription": {**self.echo.transcription, "language": self.language},
            "turn_detection": self.turn_detection and self.turn_detection.as_json(),
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
        turn_detection=TurnDetection("semantic_vad", agent.endpoint_silence_ms),
        audio_out=True,
        max_reply_tokens=agent.max_reply_tokens,
        cancels_echo=agent.echo_cancellation,
    )
