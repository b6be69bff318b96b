"""What a Riva client asks to be spoken, as checked values. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from antiphon.audio import Encoding, check_rate
from antiphon.errors import InvalidInput, Unsupported
from antiphon.v1.synthesizer_pb2 import Voice
from server.riva.protos import audio
from server.riva.ssml import plain
from server.riva.voices import choose
from server.sound.encoding import Format

# Some ten minutes of speech; a stream speaks as many requests as it is sent. At most 40 KB of UTF-8, so the
# window of gRPC takes a whole text before the voice has spoken any of it.
MAX_TEXT_CHARS = 10_000

_RAW = {
    audio.ENCODING_UNSPECIFIED: Encoding.PCM_S16LE,
    audio.LINEAR_PCM: Encoding.PCM_S16LE,
    audio.MULAW: Encoding.MULAW,
    audio.ALAW: Encoding.ALAW,
}
_COMPRESSED = {audio.OGGOPUS: Format.OPUS, audio.FLAC: Format.FLAC}


@dataclass(frozen=True, slots=True)
class Output:
    """How the speech is to be sent: samples in `encoding`, or these compressed as `file`."""

    encoding: Encoding
    rate_hz: int
    file: Format | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """One text to be spoken; `words`: tell when each is."""

    text: str
    voice: str
    output: Output
    words: bool = False


def read(request: Any, voices: Sequence[Voice]) -> Wanted:
    """Return what a `SynthesizeSpeechRequest` asks for; raise where it cannot be, or means nothing.

    A rate of 0 is the voice's own. Riva's pronunciations (`custom_dictionary`) and what its models are told
    (`custom_configuration`) are ignored.
    """
    if request.zero_shot_data.audio_prompt:
        raise Unsupported(
            "no voice is copied from a recording; leave zero_shot_data out", param="zero_shot_data"
        )
    voice = choose(voices, request.voice_name, request.language_code)
    rate_hz = check_rate(request.sample_rate_hz or voice.sample_rate_hz)
    return Wanted(
        text=_speakable(request.text),
        voice=voice.name,
        output=_output(request.encoding, rate_hz),
        words=request.enable_word_time_offsets,
    )


def _speakable(given: str) -> str:
    if len(given) > MAX_TEXT_CHARS:
        raise InvalidInput(
            f"a text of {len(given)} characters is over the {MAX_TEXT_CHARS} of one request; send parts",
            reason="TEXT_TOO_LONG",
            param="text",
        )
    text = plain(given)
    if not text.strip():
        raise InvalidInput("there is no text to speak", reason="NO_TEXT", param="text")
    return text


def _output(number: int, rate_hz: int) -> Output:
    if number in _COMPRESSED:
        return Output(Encoding.PCM_S16LE, rate_hz, _COMPRESSED[number])
    if number not in _RAW:
        known = ", ".join(audio.AudioEncoding.keys())
        raise InvalidInput(
            f"encoding {number} is not known; known are {known}",
            reason="ENCODING",
            param="encoding",
        )
    return Output(_RAW[number], rate_hz)
