from __future__ import annotations

import pytest

from antiphon.errors import Misconfigured
from inference.llm.settings import LlmSettings
from ops.context import (
    CHARS_A_TOKEN,
    FEWEST_TOKENS,
    INSTRUCTIONS_TOKENS,
    MOST_CHARS,
    check_room,
    history_chars,
)
from ops.settings import Settings
from server.settings import AgentSettings


@pytest.mark.parametrize("tokens", [FEWEST_TOKENS, 2048, 4096, 8192])
@pytest.mark.parametrize("reply", [120, 300])
def test_history_instructions_and_answer_are_no_more_than_the_context(
    tokens: int, reply: int
) -> None:
    chars = history_chars(tokens, reply)
    assert chars / CHARS_A_TOKEN + INSTRUCTIONS_TOKENS + reply <= tokens
    assert chars > 200  # the last two turns
    check_room(llm(tokens), AgentSettings(history_chars=chars, max_reply_tokens=reply))


@pytest.mark.parametrize(("tokens", "chars"), [(64, 0), (1_000_000, MOST_CHARS)])
def test_it_is_what_a_setting_may_be(tokens: int, chars: int) -> None:
    assert history_chars(tokens, 120) == chars


@pytest.mark.parametrize(
    "agent",
    [
        AgentSettings(history_chars=8000),
        AgentSettings(max_reply_tokens=2000),
        AgentSettings(instructions="Be kind. " * 800),
    ],
)
def test_what_a_context_cannot_hold_is_refused_with_what_it_can(agent: AgentSettings) -> None:
    with pytest.raises(
        Misconfigured, match=r"context_tokens = 2048 .*: lower them \(history_chars = \d+"
    ):
        check_room(llm(2048), agent)


@pytest.mark.parametrize("profile", ["cpu", "gpu"])
def test_both_profiles_fit(profile: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    empty = tmp_path_factory.mktemp("settings") / "antiphon.toml"
    empty.touch()
    Settings.load({"ANTIPHON_CONFIG": str(empty), "ANTIPHON_PROFILE": profile})


def test_it_is_looked_at_as_all_tables_are_read() -> None:
    with pytest.raises(
        Misconfigured, match=r"history_chars = 5000, .* context_tokens = 1024 holds"
    ):
        Settings.load(
            {"ANTIPHON_LLM__CONTEXT_TOKENS": "1024", "ANTIPHON_AGENT__HISTORY_CHARS": "5000"}
        )


def llm(context_tokens: int) -> LlmSettings:
    return LlmSettings.model_validate({"context_tokens": context_tokens})
