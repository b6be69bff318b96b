"""The latent frames of one clause, put through the flow only as far as the decoder has asked."""

from __future__ import annotations

import numpy as np

from antiphon.audio import Float32
from inference.tts.stage import Making
from inference.tts.vits import stages
from inference.tts.vits.chunks import Chunk, lengths, surrounded
from inference.tts.vits.network import Network

# The flow needs 32 frames of context on each side: small steps would mostly recompute those, and one step
# for a whole clause would delay the second piece of audio by 130 ms at 60 words.
STEP_FRAMES = 256


class Latent:
    """Serves windows of the flow's output; windows are asked for in order."""

    def __init__(
        self, network: Network, prior: Float32, context_frames: int, *, aligned: bool = False
    ) -> None:
        """`aligned`: put through the flow in windows of a few lengths, which calls can share."""
        self._network = network
        self._prior = prior
        self._context = context_frames
        self._lengths = lengths(STEP_FRAMES, context_frames) if aligned else ()
        self._done = np.zeros((1, prior.shape[1], 0), np.float32)

    @property
    def frames(self) -> int:
        """Length of the clause."""
        return int(self._prior.shape[2])

    def window(self, wanted: Chunk) -> Making[Float32]:
        """Return the wanted frames of the flow's output."""
        if self._done.shape[2] < wanted.end:
            yield from self._advance(wanted.end)
        return self._done[:, :, wanted.first : wanted.end]

    def _advance(self, end: int) -> Making[None]:
        begin = int(self._done.shape[2])
        if begin:  # what is first asked for is sent first, so it alone is computed
            end = min(self.frames, max(end, begin + STEP_FRAMES))
        taken = surrounded(Chunk(begin, end), self.frames, self._context, self._lengths)
        flowed = yield from stages.flow(self._network, self._prior[:, :, taken.first : taken.end])
        fresh = flowed[:, :, begin - taken.first : end - taken.first]
        self._done = np.concatenate([self._done, fresh], axis=2)
