from __future__ import annotations

from inference.llm.token_engine import ONE_TOKEN, Constraint, Prompt, Step


def test_reading_a_prompt_takes_one_likeliest_token() -> None:
    assert (ONE_TOKEN.temperature, ONE_TOKEN.max_tokens, ONE_TOKEN.seed) == (0, 1, None)


def test_nothing_is_shared_constrained_or_ended_unless_said() -> None:
    assert Prompt((1,)).shared == 0
    assert Constraint() == Constraint("", "")
    assert Step((1,)) == Step((1,), "", 0)
