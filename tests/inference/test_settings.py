from __future__ import annotations

import pytest

from antiphon.errors import Misconfigured
from antiphon.settings import load
from inference.settings import EngineSettings


@pytest.mark.parametrize(("profile", "hung_s"), [("cpu", 600), ("gpu", 30)])
def test_a_card_is_taken_for_hung_sooner(profile: str, hung_s: float) -> None:
    assert load("engines", EngineSettings, {"ANTIPHON_PROFILE": profile}).hung_s == hung_s


@pytest.mark.parametrize("value", ["4", "inf", "nan"])
def test_what_no_engine_could_keep_or_nobody_would_find_is_refused(value: str) -> None:
    with pytest.raises(Misconfigured, match=r"engines\.hung_s"):
        load("engines", EngineSettings, {"ANTIPHON_ENGINES__HUNG_S": value})
