"""Turns that faults struck, as figures."""

from __future__ import annotations

import pytest

from ops.bench.faults.hit import Asked, Blow, Said, figures, losses

SORRY = "I am sorry."
ANSWER = Said("2", "Done.", [5000.0], "completed", 5200.0)
APOLOGY = Said("1", SORRY, [3600.0], "completed", 3800.0)
BROKEN = Said("0", "Do", [2500.0, 3100.0], "failed", 3400.0)


def turn(*replies: Said, lost: str = "") -> Asked:
    """Return a turn whose voice begins at 1 s and that ends at 3 s."""
    return Asked(1000.0, 3000.0, list(replies), lost)


@pytest.mark.parametrize(
    ("asked", "struck_ms", "hit"),
    [
        (turn(ANSWER), 900.0, False),  # nobody spoke yet
        (turn(ANSWER), 1000.0, True),
        (turn(ANSWER), 5000.0, False),  # it is heard already
        (turn(BROKEN), 3000.0, True),
        (turn(BROKEN, APOLOGY, ANSWER), 3000.0, True),
        (turn(Said("0", "Done.", [2500.0], "completed", 2600.0)), 2700.0, False),
        (turn(Said("0", "Done, and", [2500.0], "incomplete", 2600.0)), 2700.0, False),
        (turn(), 2000.0, True),
        (turn(lost="gone"), 2000.0, True),
    ],
)
def test_a_turn_is_hit_from_its_first_word_until_its_answer_is_heard(
    asked: Asked, struck_ms: float, hit: bool
) -> None:
    assert asked.hit(struck_ms, SORRY) is hit


def test_silence_counts_from_the_turns_end_or_from_a_later_fault() -> None:
    asked = turn(Said("1", SORRY, [2900.0, 3600.0], "completed"), ANSWER)
    assert asked.silent_ms(1500.0) == 600
    assert asked.silent_ms(4000.0) == 1000
    assert asked.silent_ms(6000.0) is None


def test_the_rest_of_a_reply_that_breaks_off_ends_no_silence() -> None:
    assert turn(BROKEN).silent_ms(3000.0) is None
    assert turn(BROKEN, APOLOGY).silent_ms(3000.0) == 600


def test_an_apology_and_a_tone_are_no_answer() -> None:
    assert turn(APOLOGY, Said("3", "", [1.0], "completed", 2.0)).answer(SORRY) is None
    assert turn(APOLOGY, ANSWER).answer(SORRY) is ANSWER


def test_the_figures_are_of_the_turns_that_were_hit() -> None:
    blows = [
        Blow("kill-llm", 2000.0, 3000.0, [turn(APOLOGY, ANSWER), turn()], ["OSError"]),
        Blow("cut-asr", 500.0, 100.0, [turn(ANSWER)]),
        Blow(
            "cut-asr", 2000.0, 200.0, [turn(lost="ConnectionError")], ["ConnectionError"], 150.0, 2
        ),
    ]
    found = figures(blows, SORRY, 20_000.0)
    assert found["faults"] == {"kill-llm": 2, "cut-asr": 1}
    assert found["sessions_lost"] == 2
    # Nothing was ever heard of the second turn, nor of the last.
    assert found["answer_ms"]["p50"] == 20_000
    assert found["by_fault"]["kill-llm"]["answer_ms"]["p100"] == 20_000
    assert found["by_fault"]["cut-asr"]["recovery_ms"]["p50"] == 150
    assert found["answered_share"] == pytest.approx(0.333)
    assert found["apologised_share"] == pytest.approx(0.333)
    assert found["not_live"] == 2
    assert found["by_fault"]["kill-llm"]["unready_share"] == 0
    assert found["by_fault"]["cut-asr"]["unready_share"] == 0.5
    assert found["by_fault"]["cut-asr"]["unready_after_ms"]["p50"] == 150
    assert losses(blows) == {"OSError": 1, "ConnectionError": 1}


def test_where_nothing_was_hit_there_are_no_shares() -> None:
    found = figures([Blow("cut-asr", 500.0, 100.0, [turn(ANSWER)])], SORRY, 1.0)
    assert found["faults"] == {"cut-asr": 0}
    assert (found["answered_share"], found["answer_ms"]) == (None, {})
