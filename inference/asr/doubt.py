"""Which of two hypotheses of the same speech to believe. Pure."""

from __future__ import annotations

from dataclasses import replace

from inference.asr.engine import Hypothesis
from inference.asr.gates import is_looping


def better(first: Hypothesis, again: Hypothesis) -> Hypothesis:
    """Return the likelier, never a loop where there is another; with alternatives where either has any."""
    chosen = max(first, again, key=lambda h: (not is_looping(h), h.average_log_probability))
    others = tuple(
        other for other in chosen.alternatives or again.alternatives if other.text != chosen.text
    )
    return replace(chosen, alternatives=others)
