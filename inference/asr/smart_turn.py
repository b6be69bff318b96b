"""Smart Turn v3.2: how likely a speaker who paused is done.

One signal among several: of natural pauses it got 68 of 83 sentence ends and 17 of 37 pauses inside a
sentence right.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from antiphon.audio import RECOGNITION_RATE_HZ, Float32
from inference.asr.mel import log_mel
from inference.asr.onnx import open_network

FILE = "smart-turn-v3.2-cpu.onnx"
WINDOW_SAMPLES = 8 * RECOGNITION_RATE_HZ
_VARIANCE_FLOOR = np.float32(1e-7)


class SmartTurn:
    """The network; its output, though named logits, is a probability."""

    def __init__(self, folder: Path) -> None:
        self._network = open_network(folder / FILE)

    def probability(self, samples: Float32) -> float:
        """Return how likely the turn is over; of longer audio the last 8 s count."""
        inputs = {"input_features": features(samples)[None]}
        return float(self._network.run(None, inputs)[0][0, 0])


def features(samples: Float32) -> Float32:
    """Return the network's input, shape (80, 800): normalised audio, silence before it, as log-mel."""
    recent = samples[-WINDOW_SAMPLES:]
    window = np.zeros(WINDOW_SAMPLES, np.float32)
    window[WINDOW_SAMPLES - len(recent) :] = recent
    # As it was trained: mean and variance over the whole window, its silence included.
    normal = (window - window.mean()) / np.sqrt(window.var() + _VARIANCE_FLOOR)
    return log_mel(normal, bands=80)
