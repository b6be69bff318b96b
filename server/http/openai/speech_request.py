"""What a client asks to be spoken. Pure."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from server.http.openai.reading import Asked
from server.realtime.audio_update import MAX_SPEED, MIN_SPEED
from server.sound.encoding import Format

# OpenAI's bounds.
MAX_INPUT_CHARS = 4096
_SLOWEST = 0.25
_FASTEST = 4.0


class VoiceId(Asked):
    """A voice as an object."""

    id: str = Field(max_length=200)


class SpeechRequest(Asked):
    """The body of `POST /v1/audio/speech`.

    OpenAI's names of voices are the site's own voice. `model` and `instructions` change nothing.
    """

    input: str = Field(min_length=1, max_length=MAX_INPUT_CHARS)
    model: str | None = Field(None, max_length=200)
    voice: str | VoiceId | None = None
    response_format: Format | None = None
    speed: float | None = Field(None, ge=_SLOWEST, le=_FASTEST)
    stream_format: Literal["audio", "sse"] | None = None
    instructions: str | None = None

    @property
    def format(self) -> Format:
        """What to send; OpenAI's default is MP3."""
        return self.response_format or Format.MP3

    @property
    def spoken_speed(self) -> float:
        """The speed, within what the voice can speak: 0.25 is spoken at 0.5, and 4 at 2."""
        return min(max(1.0 if self.speed is None else self.speed, MIN_SPEED), MAX_SPEED)
