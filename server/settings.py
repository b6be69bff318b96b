"""Settings of the gateway: the tables [server] and [agent]."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field, field_validator

from antiphon.in_flight import SHUTDOWN_GRACE_S
from antiphon.paths import default_socket, state_dir
from antiphon.settings import Table, from_text
from server.access.reach import stays_on_host
from server.capacity import MOST_SESSIONS, measured_sessions
from server.engines.deadlines import Deadlines
from server.floor.interruption import (
    MAX_CONFIRM_MS,
    MAX_SURE_WORDS,
    MAX_VOICE_MS,
    MIN_CONFIRM_MS,
    InterruptionSettings,
    Mode,
)
from server.floor.rules import MAX_REOPEN_MS, MOST_SPECULATIONS
from server.vitals import VitalBounds

_INTERRUPTION = InterruptionSettings()

# A silent caller is waited for at least so long, unless for ever.
MIN_SILENT_S, MAX_SILENT_S = 1, 3600
# NVIDIA Riva's port, so that its clients find the appliance where they look.
DEFAULT_ADDRESS = "127.0.0.1:50051"
DEFAULT_HTTP = "127.0.0.1:8080"


class ServerSettings(Table):
    """[server]: where callers connect, and where the engines are."""

    address: str = Field(DEFAULT_ADDRESS, description="HOST:PORT or unix:PATH for gRPC")
    http: str = Field(
        DEFAULT_HTTP, description="HOST:PORT or unix:PATH for page, WebSocket, WebRTC"
    )
    key_file: Path = Field(
        default_factory=lambda: state_dir() / "key",
        description="made at first start, mode 0600",
    )
    tls_certificate: Path | None = Field(
        None, description="PEM, for addresses beyond loopback; else one is made at first start"
    )
    tls_key: Path | None = Field(None, description="PEM, of tls_certificate")
    tls_dir: Path = Field(
        default_factory=lambda: state_dir() / "tls",
        description="where the certificate is that is made at first start",
    )
    # None by default: in a browser, only the gateway's own page may call.
    cors_origins: Annotated[tuple[str, ...], BeforeValidator(from_text)] = Field(
        (), description='such as ["https://desk.example"]; ["*"] for any'
    )
    asr: str = Field(default_factory=lambda: default_socket("asr"))
    llm: str = Field(default_factory=lambda: default_socket("llm"))
    tts: str = Field(default_factory=lambda: default_socket("tts"))
    max_sessions: int = Field(
        default_factory=measured_sessions,
        ge=1,
        le=MOST_SESSIONS,
        description="default: what `antiphon bench capacity --write` saved, else 16",
    )
    # Calls of other services to one engine at a time: half as many as there are sessions by default. They are
    # not what capacity is measured with, so the engines need room for them beside it.
    max_guests: int = Field(8, ge=0, le=10_000)

    deadlines: Deadlines = Deadlines()
    vitals: VitalBounds = VitalBounds()
    # Long enough for a reply in progress, short enough for Ctrl-C; a deployment gives calls minutes.
    drain_s: float = Field(
        SHUTDOWN_GRACE_S,
        ge=0,
        le=86_400,
        allow_inf_nan=False,
        description="how long sessions may go on once the gateway is told to stop",
    )

    @property
    def local_address(self) -> str:
        """Where this host's own commands reach gRPC: without TLS, so on no address beyond it."""
        return self.address if stays_on_host(self.address) else default_socket("server")

    @property
    def needs_tls(self) -> bool:
        """Whether an address can be reached from another machine."""
        return not (stays_on_host(self.address) and stays_on_host(self.http))


class InterruptionTable(Table):
    """[agent.interruption]: when speech over a reply stops it (`server/floor/interruption.py`).

    The first five are what a session starts with; `listening` and `takeover` are phrases beside
    those of the language, such as the agent's name.
    """

    mode: Mode = _INTERRUPTION.mode
    confirm_ms: float = Field(_INTERRUPTION.confirm_ms, ge=MIN_CONFIRM_MS, le=MAX_CONFIRM_MS)
    sure_words: int = Field(_INTERRUPTION.sure_words, ge=1, le=MAX_SURE_WORDS)
    word_ms: float = Field(_INTERRUPTION.word_ms, ge=0, le=MAX_VOICE_MS)
    wordless_ms: float = Field(_INTERRUPTION.wordless_ms, ge=0, le=MAX_VOICE_MS)
    listening: Annotated[tuple[str, ...], BeforeValidator(from_text)] = ()
    takeover: Annotated[tuple[str, ...], BeforeValidator(from_text)] = ()


class AgentSettings(Table):
    """[agent]: who answers, and how."""

    instructions: str = (
        "You are a friendly assistant in a phone call. Answer in two or three short, plain spoken "
        "sentences, without lists or markup."
    )
    greeting: str = Field(
        "", description="spoken at the start of a session; empty: the caller begins"
    )
    language: str = Field("en", description="ISO 639-1; empty: detected for each utterance")
    voice: str = Field("", description="a name from `ListVoices`; empty: the service's default")
    echo_cancellation: bool | None = Field(
        None,
        description="take the agent's own voice out of the caller's audio; default: but over WebRTC",
    )
    reprompts: tuple[str, ...] = Field(
        ("Are you still there?", "I can't hear you. Is there anything else I can do for you?"),
        description="said one after the other to a caller who is silent; then the farewell",
    )
    farewell: str = "I'll hang up now. Goodbye!"
    # Made when a session begins, since it is needed where the voice itself has failed.
    apology: str = Field(
        "I'm sorry, I have a problem just now. One moment, please.",
        max_length=200,
        description="said where an answer fails or is late; empty: nothing is said",
    )
    # Long enough to look for a pen.
    silent_s: float = Field(
        20.0,
        ge=0,
        le=MAX_SILENT_S,
        description="how long a silent caller is waited for; 0: for ever",
    )
    # Answers begun on trust, before it is known that the caller is done, for one turn; 0: none.
    speculations: int = Field(4, ge=0, le=MOST_SPECULATIONS)
    reopen_ms: float = Field(
        1500.0,
        ge=0,
        le=MAX_REOPEN_MS,
        description="who goes on so soon after the agent took the floor had not finished",
    )
    interruption: InterruptionTable = InterruptionTable()
    # Of sessions that ask for `server_vad`.
    endpoint_silence_ms: int = Field(500, ge=100, le=5000)
    # About 40 s of speech: longer replies are not listened to in a call.
    max_reply_tokens: int = Field(120, ge=1, le=4096)
    # Some 300 tokens, the last few turns. CTranslate2 reads all of them again for each answer: on two cores
    # 400 in 0.3 s, but the 1250 that its context has room for in 1.6 s, and in 4 s beside the other engines.
    history_chars: int = Field(1200, ge=0, le=1_000_000)

    @field_validator("silent_s")
    @classmethod
    def _never_or_a_while(cls, silent_s: float) -> float:
        if 0 < silent_s < MIN_SILENT_S:
            raise ValueError(f"either 0 or at least {MIN_SILENT_S} s")
        return silent_s
