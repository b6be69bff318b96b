from __future__ import annotations

import pytest
from pydantic import ValidationError

from server.engines.deadlines import Deadlines


def test_what_is_late_is_later_than_what_is_silent() -> None:
    deadlines = Deadlines()
    late_ms = (deadlines.first_token_ms, deadlines.first_audio_ms, deadlines.final_ms)
    assert all(deadlines.sign_ms < one for one in late_ms)


@pytest.mark.parametrize("name", list(Deadlines.model_fields))
@pytest.mark.parametrize("value", [0, 49, -1, 600_001, float("inf"), float("nan")])
def test_no_deadline_is_none_or_for_ever(name: str, value: float) -> None:
    with pytest.raises(ValidationError):
        Deadlines.model_validate({name: value})
