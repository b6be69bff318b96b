"""The values between streams and engines."""

from __future__ import annotations

import numpy as np

from inference.asr.engine import About, Hypothesis, Speech


def test_what_is_not_told_is_harmless() -> None:
    hypothesis = Hypothesis("hello", "en")
    assert hypothesis.complete
    assert hypothesis.words == ()
    assert (hypothesis.tokens, hypothesis.alternatives) == (0, ())
    assert not About("any", ()).simulated
    speech = Speech(np.zeros(0, np.float32))
    assert not speech.draft
    assert not speech.thorough
    assert (speech.phrases, speech.max_alternatives) == ((), 0)
