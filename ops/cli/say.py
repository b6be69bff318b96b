"""`antiphon say`: a text, spoken into a sound file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from antiphon.errors import InvalidInput
from ops.engines.speak import speak
from ops.running import address_of
from ops.sound import write_speech


def say_command(
    text: Annotated[str, typer.Argument(help="what to say; `-`: read it from standard input")],
    out: Annotated[Path, typer.Option(help="the sound file to write; its suffix is its format")],
    voice: Annotated[str, typer.Option(help="a voice by name; default: the service's own")] = "",
) -> None:
    """Speak TEXT with the running appliance's voice into a sound file."""
    words = _read_standard_input() if text == "-" else text
    if not words.strip():
        raise InvalidInput("the text is empty: give TEXT, or `-` and a text on standard input")
    samples, rate_hz = speak(address_of("tts"), words, voice)
    write_speech(out, samples, rate_hz)
    print(f"{len(samples) / rate_hz:.1f} s of speech in {out}")


def _read_standard_input() -> str:
    try:
        return sys.stdin.buffer.read().decode()
    except UnicodeDecodeError:
        raise InvalidInput("the text on standard input is not UTF-8") from None
