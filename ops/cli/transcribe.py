"""`antiphon transcribe`: what is said in a sound file, one line an utterance."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from antiphon.audio import RECOGNITION_RATE_HZ, resample
from antiphon.v1.recognizer_pb2 import Final
from ops.engines.listen import transcribe
from ops.running import address_of
from ops.sound import read_speech


def transcribe_command(
    file: Annotated[Path, typer.Argument(help="a sound file: WAV, FLAC, Ogg or MP3")],
    language: Annotated[
        str, typer.Option(help="language of the speech, such as `en`; default: detected")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object on stdout")] = False,
) -> None:
    """Write down what is said in FILE, with the running appliance."""
    samples, rate_hz = read_speech(file)
    heard = resample(samples, rate_hz, RECOGNITION_RATE_HZ)
    finals = []
    for final in transcribe(address_of("asr"), heard, language):
        finals.append(final)
        if final.text and not as_json:
            print(final.text, flush=True)
    if not any(final.text for final in finals):
        print(f"no speech was found in {file}", file=sys.stderr)
    if as_json:
        print(json.dumps({"utterances": [_as_json(final) for final in finals]}, indent=2))


def _as_json(final: Final) -> dict[str, object]:
    return {
        "text": final.text,
        "language": final.language,
        "start_ms": round(final.start_ms),
        "end_ms": round(final.end_ms),
    }
