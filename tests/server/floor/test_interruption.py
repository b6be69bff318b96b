"""What speech over a reply does to it, as tables and for anything that may be heard."""

from __future__ import annotations

from dataclasses import replace
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.floor.interruption import InterruptionSettings, Mode, Overlap, Verdict, judge

SETTINGS = InterruptionSettings()
STATEMENT = "Your order left our warehouse on Monday morning."
QUESTION = "Shall I send it to your new address?"


def at_pause(text: str, voiced_ms: float = 450, spoken: str = STATEMENT) -> Overlap:
    return Overlap(voiced_ms + 250, voiced_ms, text, paused=True, spoken=spoken)


def going_on(text: str, age_ms: float, voiced_ms: float | None = None) -> Overlap:
    voiced_ms = age_ms if voiced_ms is None else voiced_ms
    return Overlap(age_ms, voiced_ms, text, paused=False, spoken=STATEMENT)


@pytest.mark.parametrize(
    ("overlap", "verdict"),
    [
        # Listening, noises and coughs, also those that were put into words.
        (at_pause("Okay."), Verdict.RESUME),
        (at_pause("Uh-huh, yep.", 570), Verdict.RESUME),
        (at_pause(""), Verdict.RESUME),
        (at_pause("", 1500), Verdict.RESUME),
        (at_pause("Thank you.", 320), Verdict.RESUME),
        # Our own voice, which falls silent with the reply.
        (at_pause("our warehouse on", 400), Verdict.RESUME),
        # Words that are meant; some of them however short.
        (at_pause("Seven."), Verdict.STOP),
        (at_pause("Warehouse?"), Verdict.STOP),
        (at_pause("No.", 200), Verdict.STOP),
        (at_pause("Okay, wait.", 200), Verdict.STOP),
        # After a question everything is an answer.
        (at_pause("Okay.", 300, QUESTION), Verdict.STOP),
        (at_pause("Mm-hmm.", 450, f"“{QUESTION}” "), Verdict.STOP),
        (at_pause("", 450, QUESTION), Verdict.RESUME),
        (at_pause("The old address.", 450, f"{QUESTION} I have it here."), Verdict.STOP),
    ],
)
def test_at_a_pause_all_is_known(overlap: Overlap, verdict: Verdict) -> None:
    assert judge(overlap, SETTINGS) is verdict


def test_who_is_softer_than_the_caller_is_somebody_behind_them_whatever_they_say() -> None:
    for overlap in (at_pause("No, stop."), going_on("Can I have", 400), going_on("", 800)):
        assert judge(overlap, SETTINGS) is Verdict.STOP
        behind = replace(overlap, own_ms=120)
        assert judge(behind, SETTINGS) is not Verdict.STOP
        long = replace(behind, age_ms=900, voiced_ms=900)
        voice = replace(SETTINGS, mode=Mode.VOICE)
        assert judge(long, voice) is Verdict.RESUME
        assert judge(replace(long, own_ms=400), voice) is Verdict.STOP


def test_a_cough_before_another_voice_is_no_longer_for_it() -> None:
    assert judge(replace(going_on("", 800), own_ms=400), SETTINGS) is Verdict.RESUME
    assert judge(replace(going_on("", 800), own_ms=700), SETTINGS) is Verdict.STOP
    assert judge(replace(going_on("Computer.", 800), own_ms=300), SETTINGS) is Verdict.RESUME


@pytest.mark.parametrize(
    ("overlap", "verdict"),
    [
        (going_on("", 300), Verdict.WAIT),
        (going_on("Okay.", 400), Verdict.WAIT),
        # A first hypothesis is often wrong, and the reply is silent anyway.
        (going_on("Stop.", 400), Verdict.WAIT),
        (going_on("Come here.", 400), Verdict.WAIT),
        (going_on("our warehouse on Monday", 600), Verdict.WAIT),
        # So many words are meant.
        (going_on("Can I have", 400), Verdict.STOP),
        (going_on("Okay okay okay okay", 700), Verdict.WAIT),
        # The end of doubt.
        (going_on("Computer.", 800), Verdict.STOP),
        (going_on("", 800), Verdict.STOP),
        (going_on("Okay, so", 800), Verdict.RESUME),
        (going_on("our warehouse on Monday", 800), Verdict.STOP),
        # The voice had ended before it.
        (going_on("", 800, voiced_ms=500), Verdict.RESUME),
        (going_on("Computer.", 800, voiced_ms=500), Verdict.STOP),
        (going_on("Peace!", 800, voiced_ms=300), Verdict.RESUME),
        # Whatever it was taken for, more may be understood later.
        (going_on("Okay, so what about", 1500), Verdict.STOP),
    ],
)
def test_before_a_pause_there_is_doubt_and_it_ends(overlap: Overlap, verdict: Verdict) -> None:
    assert judge(overlap, SETTINGS) is verdict


def test_a_timer_that_is_a_hair_early_is_on_time() -> None:
    assert judge(going_on("", 799.9999), SETTINGS) is Verdict.STOP
    assert judge(going_on("", 798), SETTINGS) is Verdict.WAIT


@pytest.mark.parametrize("text", ["", "Okay.", "No, wait, please."])
def test_after_some_voice_its_words_do_not_matter(text: str) -> None:
    settings = replace(SETTINGS, mode=Mode.VOICE, confirm_ms=500)
    assert judge(going_on(text, 400), settings) is Verdict.WAIT
    assert judge(going_on(text, 500), settings) is Verdict.STOP
    assert judge(going_on(text, 500, voiced_ms=300), settings) is Verdict.RESUME
    assert judge(at_pause(text, 490), settings) is Verdict.RESUME
    assert judge(at_pause(text, 700), settings) is Verdict.STOP


@given(
    st.builds(
        Overlap,
        age_ms=st.floats(0, 60_000),
        voiced_ms=st.floats(0, 60_000),
        text=st.text(max_size=80),
        paused=st.booleans(),
        spoken=st.text(max_size=80),
        own_ms=st.floats(0, 60_000) | st.just(inf),
    ),
    st.sampled_from(Mode),
)
def test_doubt_is_bounded_and_off_is_off(overlap: Overlap, mode: Mode) -> None:
    verdict = judge(overlap, replace(SETTINGS, mode=mode))
    if overlap.paused or overlap.age_ms >= SETTINGS.confirm_ms:
        assert verdict is not Verdict.WAIT
    if mode is Mode.OFF:
        assert verdict is Verdict.RESUME
