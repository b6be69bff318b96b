"""How likely a caller who paused goes on: two weights, fitted to people's pauses. Pure.

`antiphon bench floor` fits them and prints them beside those that are in force here. More was tried on
the 86 pauses inside sentences and 105 ends of turns of `turns/`, speakers held out, and adds nothing to
these two: the acoustic model asked again at 320, 400 and 600 ms of silence (area under the curve 0.81,
0.78, 0.76 for 0.79 at 192 ms), pitch and energy of the last 300 ms, the rate of speech, how long the
turn is, how many pauses it has had, and how sure Whisper is.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log

# The acoustic model is seldom as sure as it says: beyond this its answers tell nothing more.
SUREST = 0.99
# Everybody pauses for so long; a caller who has paused for longer will again.
USUAL_PAUSE_MS = 400.0
LONGEST_COUNTED_MS = 1400.0


def features(probability: float | None, longest_pause_ms: float) -> tuple[float, float]:
    """Return what the weights are for: the model's log-odds of an end, and seconds of unusual pause."""
    end = 0.5 if probability is None else min(max(probability, 1 - SUREST), SUREST)
    counted_ms = min(longest_pause_ms, LONGEST_COUNTED_MS) - USUAL_PAUSE_MS
    return log(end / (1 - end)), max(counted_ms, 0.0) / 1000


@dataclass(frozen=True, slots=True)
class Weights:
    """A logistic regression, and how much longer, on average, pauses last that have lasted a while.

    Pauses end at a steady rate, so after another `residual_ms` the log-odds that a silent caller
    goes on are down by one.
    """

    bias: float
    per_log_odds: float
    per_pause_s: float
    residual_ms: float

    def log_odds(self, probability: float | None, longest_pause_ms: float) -> float:
        """Return the log-odds that the caller goes on."""
        log_odds_of_end, unusual_s = features(probability, longest_pause_ms)
        return self.bias + self.per_log_odds * log_odds_of_end + self.per_pause_s * unusual_s


FITTED = Weights(bias=-0.21, per_log_odds=-0.31, per_pause_s=1.75, residual_ms=566.0)
