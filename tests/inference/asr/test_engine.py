"""The values between streams and engines."""

from __future__ import annotations

import numpy as np

from inference.asr.engine import About, Hypothesis, Speech


def test_what_is_not_told_is_harmless() -> None:
    hypothesis = Hypothesis("hello", "en")
    assert hypothesis.complete
    assert hypothesis.words == ()
    assert not About("any", ()).simulated
    assert not Speech(np.zeros(0, np.float32)).draft
