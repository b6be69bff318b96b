"""Delays as published."""

from __future__ import annotations

import pytest

from ops.bench.crowd.appliance import Delays
from ops.bench.crowd.growth import TOKEN_MS, grown


def test_at_one_session_and_at_64_they_are_what_is_published() -> None:
    one, many = grown(1), grown(64)
    assert (one.first_audio, one.token) == (78, TOKEN_MS)
    assert (one.final, one.first_token) == (Delays().final, Delays().first_token)
    assert many.first_audio == pytest.approx(110)
    assert many.token == pytest.approx(TOKEN_MS / 0.79)


def test_nothing_bounds_them() -> None:
    assert grown(127).first_audio == pytest.approx(142)
