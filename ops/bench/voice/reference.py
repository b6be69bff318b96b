"""Coqui as it is, in a process under its own interpreter: one line of JSON a request, one a reply.

{"speak": TEXT}  -> {"ms": ..., "audio_ms": ...}   Coqui's own inference of the whole text, torch fp32
{"seam": TEXT}   -> {"snr_db": ...}                 our chunks against the same latent decoded at once
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TextIO

import numpy as np

from antiphon.audio import Float32
from inference.tts.settings import TtsSettings
from inference.tts.stage import alone
from inference.tts.vits.chunks import plan
from inference.tts.vits.latent import Latent
from inference.tts.vits.loading import load_network
from inference.tts.vits.network import Network, Profile
from inference.tts.vits.voice import decode_chunk

# 200 dB: beyond all that float32 tells apart.
LEAST_NOISE = 1e-20

Infer = Callable[[list[int]], tuple[Float32, Float32]]


@dataclass(frozen=True, slots=True)
class Reference:
    """Coqui's tokenizer and inference as they are, and beside them the network that we serve."""

    tokenise: Callable[[str], list[int]]
    infer: Infer  # ids to samples, and to the prior (1, channels, frames) they were made from
    network: Network
    profile: Profile

    def answer(self, request: dict[str, str]) -> dict[str, float]:
        """Return the reply to one request."""
        if "seam" in request:
            return {"snr_db": self._seam_db(request["seam"])}
        return self._speak(request["speak"])

    def _speak(self, text: str) -> dict[str, float]:
        ids = self.tokenise(text)
        started = perf_counter()
        samples, _ = self.infer(ids)
        ms = (perf_counter() - started) * 1000
        return {"ms": ms, "audio_ms": len(samples) * 1000 / self.profile.sample_rate_hz}

    def _seam_db(self, text: str) -> float:
        """Return the signal to noise ratio of chunks against the whole."""
        _, prior = self.infer(self.tokenise(text))
        whole = self.network.decode(self.network.flow(prior))[0].astype(np.float64)
        latent = Latent(self.network, prior, self.profile.flow_context_frames)
        chunks = [
            alone(decode_chunk(self.network, self.profile, latent, chunk))
            for chunk in plan(0, latent.frames)
        ]
        sound, noise = np.sum(whole**2), np.sum((np.concatenate(chunks) - whole) ** 2)
        return float(10 * np.log10(sound / max(noise, sound * LEAST_NOISE)))


def load(folder: Path) -> Reference:
    """Return the voice in `folder`, Coqui's model with its weight norm as it is."""
    from inference.tts.vits import coqui  # torch is only in the voice's own environment

    model = coqui.load(folder)
    network, profile = load_network(folder, TtsSettings())
    return Reference(
        model.tokenizer.text_to_ids, lambda ids: coqui.infer(model, ids), network, profile
    )


def serve(reference: Reference, requests: Iterable[str], replies: TextIO) -> None:
    """Answer each line until there are no more."""
    for line in requests:
        print(json.dumps(reference.answer(json.loads(line))), file=replies, flush=True)


def main(arguments: list[str]) -> None:
    """Serve the voice whose folder is the only argument; libraries may print, but not among replies."""
    with os.fdopen(os.dup(1), "w") as replies:
        os.dup2(2, 1)
        serve(load(Path(arguments[0])), iter(sys.stdin.readline, ""), replies)


if __name__ == "__main__":
    main(sys.argv[1:])
