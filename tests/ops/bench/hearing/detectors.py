"""A detector without a network: loud is voice."""

from __future__ import annotations

import numpy as np

from antiphon.audio import Int16


class LoudIsVoice:
    """Hears voice in chunks whose peak is over 100."""

    def probability(self, chunk: Int16) -> float:
        return 1.0 if np.abs(chunk).max() > 100 else 0.0
