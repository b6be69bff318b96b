"""The latent frames of one clause, put through the flow only as far as the decoder has asked."""

from __future__ import annotations

import numpy as np

from antiphon.audio import Float32
from inference.tts.vits.network import Network

# The flow needs 32 frames of context on each side: small steps would mostly recompute those, and one step
# for a whole clause would delay the second piece of audio by 130 ms at 60 words.
STEP_FRAMES = 256


class Latent:
    """Serves windows of the flow's output; windows are asked for in order."""

    def __init__(self, network: Network, prior: Float32, context_frames: int) -> None:
        self._network = network
        self._prior = prior
        self._context = context_frames
        self._done = np.zeros((1, prior.shape[1], 0), np.float32)

    @property
    def frames(self) -> int:
        """Length of the clause."""
        return int(self._prior.shape[2])

    def window(self, first: int, end: int) -> Float32:
        """Return frames `first` to `end` of the flow's output."""
        if self._done.shape[2] < end:
            self._advance(end)
        return self._done[:, :, first:end]

    def _advance(self, end: int) -> None:
        begin = int(self._done.shape[2])
        if begin:  # what is first asked for is sent first, so it alone is computed
            end = min(self.frames, max(end, begin + STEP_FRAMES))
        before = max(0, begin - self._context)
        after = min(self.frames, end + self._context)
        flowed = self._network.flow(self._prior[:, :, before:after])
        fresh = flowed[:, :, begin - before : end - before]
        self._done = np.concatenate([self._done, fresh], axis=2)
