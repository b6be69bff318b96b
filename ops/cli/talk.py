"""`antiphon talk`: ask a recorded question, hear the answer, see where the time went."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from antiphon.audio import resample
from antiphon.settings import load
from ops.sound import read_speech, write_speech
from ops.talk.caller import talk
from ops.talk.exchange import RATE_HZ, Exchange
from ops.talk.report import as_json, hops
from server.access.installation_key import load as load_key
from server.settings import ServerSettings


def talk_command(
    question: Annotated[Path, typer.Argument(help="a recording of a spoken question")],
    answer: Annotated[Path | None, typer.Option(help="write the spoken answer here")] = None,
    language: Annotated[
        str | None, typer.Option(help="language of the question, such as `en`")
    ] = None,
    as_json_: Annotated[bool, typer.Option("--json", help="one JSON object on stdout")] = False,
) -> None:
    """Play QUESTION to the running appliance in real time and hear its answer."""
    samples, rate_hz = read_speech(question)
    settings = load("server", ServerSettings)
    show = (lambda _: None) if as_json_ else _Screen().show
    exchange = asyncio.run(
        talk(
            settings.local_address,
            load_key(settings.key_file),
            resample(samples, rate_hz, RATE_HZ),
            show,
            language,
        )
    )
    if answer is not None:
        write_speech(answer, exchange.audio, RATE_HZ)
    if as_json_:
        print(json.dumps(as_json(exchange), indent=2))
    else:
        _print_timeline(exchange, answer)
    if exchange.status in ("failed", ""):
        raise typer.Exit(1)


class _Screen:
    """Prints a conversation as it happens: partials overwrite each other on a terminal."""

    def __init__(self) -> None:
        self._terminal = sys.stdout.isatty()
        self._replying = False

    def show(self, event: dict[str, Any]) -> None:
        match event["type"]:
            case "conversation.item.input_audio_transcription.delta":
                self._partial(event["antiphon"]["text"])
            case "conversation.item.input_audio_transcription.completed":
                print(f"{self._line_start()}caller: {event['transcript']}", flush=True)
            case "response.created":
                print("agent:  ", end="", flush=True)
            case "response.output_audio_transcript.delta":
                print(event["delta"], end="", flush=True)
            case "response.done":
                print(flush=True)
            case "error":
                print(f"error:  {event['error']['message']}", file=sys.stderr, flush=True)

    def _partial(self, text: str) -> None:
        if self._terminal:
            print(f"{self._line_start()}\x1b[2m  …     {text}\x1b[0m", end="", flush=True)
        else:
            print(f"  …     {text}", flush=True)

    def _line_start(self) -> str:
        return "\r\x1b[K" if self._terminal else ""


def _print_timeline(exchange: Exchange, answer: Path | None) -> None:
    print()
    for name, duration_ms in hops(exchange.timeline_ms):
        print(f"{name:<34}{duration_ms:>7.0f} ms")
    if exchange.voice_to_voice_ms is not None:
        print(f"{'voice to voice, at the caller':<34}{exchange.voice_to_voice_ms:>7.0f} ms")
    if answer is not None:
        seconds = len(exchange.audio) / RATE_HZ
        print(f"\n{seconds:.1f} s of answer in {answer}")
