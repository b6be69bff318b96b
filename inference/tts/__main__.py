"""`python -m inference.tts`: the voice as a process of its own."""

from __future__ import annotations

import sys
from pathlib import Path

import grpc
from antiphon.serving import run, serve
from antiphon.settings import load
from antiphon.v1 import synthesizer_pb2_grpc

from inference.tts.service import Synthesizer
from inference.tts.settings import TtsSettings
from inference.tts.voices import VoiceCard


async def main() -> None:
    """Load the settings, then serve until told to stop."""
    settings = load("tts", TtsSettings)

    async def register(server: grpc.aio.Server) -> list[str]:
        from inference.tts.vits.loading import load_voice

        engine = load_voice(Path(settings.model), settings)
        servicer = Synthesizer(engine, VoiceCard(Path(settings.model).name, "en-US", "MIT"), settings.speed)
        synthesizer_pb2_grpc.add_SynthesizerServicer_to_server(servicer, server)
        return ["antiphon.v1.Synthesizer"]

    await serve(settings.address, register)


if __name__ == "__main__":
    sys.exit(run(main()))
