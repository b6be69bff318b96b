from __future__ import annotations

import pytest

from antiphon.errors import InvalidInput
from inference.llm.context import check_fits


def test_a_prompt_leaves_room_for_a_token() -> None:
    check_fits(99, 100)
    with pytest.raises(
        InvalidInput, match="the prompt is 100 tokens, the model holds 100"
    ) as caught:
        check_fits(100, 100)
    assert caught.value.reason == "PROMPT_TOO_LONG"
    assert caught.value.metadata == {"context_tokens": "100"}


def test_what_is_known_of_the_count_is_told() -> None:
    with pytest.raises(InvalidInput, match="is at least 101 tokens"):
        check_fits(101, 100, how="at least")
