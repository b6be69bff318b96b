"""An engine's first decodes, for which nobody should wait: kernels are chosen, memory is taken."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np

from antiphon.audio import RECOGNITION_RATE_HZ
from inference.asr.engine import BatchEngine, Speech
from inference.asr.settings import AsrSettings
from inference.card.recognition import longest_batch, shortest_batch

# What `Speech` may be, at the most; with its padding it fills Whisper's window.
LONGEST_S = 28
LEVEL = 0.01  # Noise: of digital silence nothing is decoded after the first token.

Engine = TypeVar("Engine", bound=BatchEngine)


def warm(engine: Engine) -> Engine:
    """Return `engine` after it has heard a second: enough on a CPU, where nothing is chosen by length."""
    engine.decode(Speech(np.zeros(RECOGNITION_RATE_HZ, np.float32)))
    return engine


def warm_through(engine: Engine, settings: AsrSettings, workers: int) -> Engine:
    """Return `engine` after each of its workers has heard what it may be given at the most.

    That is a full batch of the longest pieces and one of the short lane's; what does not fit on the card ends
    the start here, and no call later.
    """
    warm(engine)
    short = noise(settings.short_s)
    for batch in (
        [noise(LONGEST_S)] * longest_batch(settings),
        [short] * shortest_batch(settings),
    ):
        # As many at once as there are workers: an idle one takes the next.
        with ThreadPoolExecutor(workers) as pool:
            for _ in pool.map(engine.decode_batch, [batch] * workers):
                pass
    return engine


def noise(seconds: float) -> Speech:
    """Return so much faint noise, in a language that need not be found out."""
    samples = np.random.default_rng(1).standard_normal(int(seconds * RECOGNITION_RATE_HZ))
    return Speech((LEVEL * samples).astype(np.float32), language="en", thorough=True)
