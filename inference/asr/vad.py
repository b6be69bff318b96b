"""Voice activity: Silero VAD, its ONNX file driven directly.

The `silero-vad` package declares torch, which its ONNX file does not need (snakers4/silero-vad, v6).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from antiphon.audio import RECOGNITION_RATE_HZ, Int16, to_float
from inference.asr.onnx import Network, open_network

CONTEXT_SAMPLES = 64  # the end of the chunk before, put in front
FILE = "silero_vad.onnx"

_RATE = np.array(RECOGNITION_RATE_HZ, np.int64)


class Silero:
    """The network, shared by all streams; what a stream remembers is in its `Voice`."""

    def __init__(self, folder: Path) -> None:
        self.network: Network = open_network(folder / FILE)

    def listen(self) -> Voice:
        """Return the detector of a new stream."""
        return Voice(self.network)


class Voice:
    """The detector of one stream: 0.2 ms of CPU a chunk, so it runs where it is called, without a thread."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._state: NDArray[np.float32] = np.zeros((2, 1, 128), np.float32)
        self._context: NDArray[np.float32] = np.zeros(CONTEXT_SAMPLES, np.float32)

    def probability(self, chunk: Int16) -> float:
        """Return how likely the next `CHUNK_SAMPLES` hold voice, from 0 to 1."""
        samples = to_float(chunk)
        framed = np.concatenate([self._context, samples])[None]
        inputs = {"input": framed, "state": self._state, "sr": _RATE}
        probability, self._state = self._network.run(None, inputs)
        self._context = samples[-CONTEXT_SAMPLES:]
        return float(probability[0, 0])
