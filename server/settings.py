"""Settings of the gateway: the tables [server] and [agent]."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from antiphon.paths import default_socket, state_dir
from antiphon.settings import Table

# NVIDIA Riva's port, so that its clients find the appliance where they look.
DEFAULT_ADDRESS = "127.0.0.1:50051"


class ServerSettings(Table):
    """[server]: where callers connect, and where the engines are."""

    address: str = Field(DEFAULT_ADDRESS, description="HOST:PORT or unix:PATH for callers")
    key_file: Path = Field(
        default_factory=lambda: state_dir() / "key",
        description="made at first start, mode 0600",
    )
    asr: str = Field(default_factory=lambda: default_socket("asr"))
    llm: str = Field(default_factory=lambda: default_socket("llm"))
    tts: str = Field(default_factory=lambda: default_socket("tts"))
    # Two cores speak to one caller at a time; a few more may be connected and listening.
    max_sessions: int = Field(16, ge=1, le=10_000)


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
    endpoint_silence_ms: int = Field(500, ge=100, le=5000)
    # About 40 s of speech: longer replies are not listened to in a call.
    max_reply_tokens: int = Field(120, ge=1, le=4096)
    # Fits a context of 2048 tokens together with instructions and reply, at about 4 characters a token.
    history_chars: int = Field(5000, ge=0, le=1_000_000)
