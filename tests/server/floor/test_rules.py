from __future__ import annotations

from server.floor.endpointing import FixedSilence
from server.floor.interruption import InterruptionSettings
from server.floor.rules import Rules


def test_a_session_that_sets_nothing_answers_on_trust_can_be_interrupted_and_waits_for_ever() -> (
    None
):
    rules = Rules(FixedSilence(500))
    assert rules.answers and rules.speculations > 0
    assert rules.interruption == InterruptionSettings()
    assert rules.reprompt_ms is None


def test_a_turn_is_reopened_only_while_the_reply_has_hardly_begun() -> None:
    assert 500 <= Rules(None).reopen_ms <= 3000
