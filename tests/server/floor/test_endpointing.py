"""How long a silence must be to end a turn."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.errors import InvalidInput
from server.floor.endpointing import (
    DEFAULT,
    EAGERNESS,
    PRESETS,
    Bounds,
    EndpointingChanges,
    Evidence,
    FixedSilence,
    SemanticEndpointing,
)
from server.floor.expectation import Expects

SAID = Evidence("I want a dark roast.", 0.99, 1600)
POLICY = SemanticEndpointing(PRESETS[DEFAULT])
OPEN = PRESETS[DEFAULT].open

texts = st.one_of(
    st.text(),
    st.sampled_from(["Yes.", "No, thanks.", "I want a", "four one one", "I want a mocha.", "7"]),
)
evidence = st.builds(
    Evidence,
    text=texts,
    probability=st.none() | st.floats(0, 1),
    speech_ms=st.floats(0, 1e6),
    pauses=st.integers(0, 50),
    longest_pause_ms=st.floats(0, 1e6),
    expects=st.sampled_from(Expects),
    language=st.sampled_from(["en", "de", ""]),
)
policies = st.sampled_from([SemanticEndpointing(settings) for settings in PRESETS.values()])


def wait_ms(evidence: Evidence) -> float:
    return POLICY.wait_ms(evidence)


@given(policies, evidence)
def test_no_evidence_takes_a_wait_out_of_the_settings_bounds(
    policy: SemanticEndpointing, known: Evidence
) -> None:
    bounds = (policy.settings.open, policy.settings.answer, policy.settings.dictation)
    wait_ms = policy.wait_ms(known)
    assert min(b.shortest_ms for b in bounds) <= wait_ms <= max(b.longest_ms for b in bounds)
    if known.language != "en":
        assert policy.settings.open.shortest_ms <= wait_ms <= policy.settings.open.longest_ms


@given(policies, evidence, st.floats(0, 1))
def test_a_surer_model_waits_no_longer(
    policy: SemanticEndpointing, known: Evidence, probability: float
) -> None:
    less, more = sorted((probability, 0.5 if known.probability is None else known.probability))
    assert policy.wait_ms(replace(known, probability=more)) <= policy.wait_ms(
        replace(known, probability=less)
    )


@given(policies, evidence, st.floats(0, 1e6))
def test_who_has_paused_for_longer_is_given_no_less(
    policy: SemanticEndpointing, known: Evidence, more_ms: float
) -> None:
    longer = replace(known, longest_pause_ms=known.longest_pause_ms + more_ms)
    assert policy.wait_ms(longer) >= policy.wait_ms(known)


@given(policies, evidence)
def test_dictation_waits_no_less_and_a_yes_or_no_no_longer(
    policy: SemanticEndpointing, known: Evidence
) -> None:
    dictated, plain, polar = (
        policy.wait_ms(replace(known, expects=expects))
        for expects in (Expects.DICTATION, Expects.OPEN, Expects.YES_NO)
    )
    assert polar <= plain <= dictated


@given(evidence)
def test_the_patient_wait_longest(known: Evidence) -> None:
    eager, default, patient = (
        SemanticEndpointing(PRESETS[name]).wait_ms(known) for name in ("eager", DEFAULT, "patient")
    )
    assert eager <= default <= patient


@pytest.mark.parametrize(
    "unsaid",
    [
        replace(SAID, text=""),
        replace(SAID, text="..."),
        replace(SAID, text="", language="de"),
        replace(SAID, speech_ms=160),
    ],
)
def test_who_has_said_nothing_yet_is_given_all_the_time(unsaid: Evidence) -> None:
    assert wait_ms(unsaid) == OPEN.longest_ms


def test_a_sure_end_is_taken_at_once_and_a_broken_off_clause_is_not() -> None:
    assert wait_ms(SAID) == OPEN.shortest_ms
    assert wait_ms(replace(SAID, text="I want a dark roast with")) > OPEN.shortest_ms + 500


def test_only_english_words_are_read() -> None:
    assert wait_ms(replace(SAID, text="Ich rufe an", language="de")) == OPEN.shortest_ms


def test_a_model_that_hears_no_end_is_waited_out() -> None:
    assert OPEN.shortest_ms < wait_ms(replace(SAID, probability=None)) < OPEN.longest_ms
    assert wait_ms(replace(SAID, probability=0.01)) > 1000


def test_digits_are_given_their_time_and_other_answers_not() -> None:
    dictation = PRESETS[DEFAULT].dictation
    asked = replace(SAID, expects=Expects.DICTATION)
    assert wait_ms(replace(asked, text="It's 41")) == dictation.shortest_ms
    assert wait_ms(replace(SAID, text="four one one")) == dictation.shortest_ms
    assert wait_ms(replace(asked, text="I don't have it here.")) == OPEN.shortest_ms


def test_a_yes_that_was_asked_for_is_taken_sooner() -> None:
    yes = replace(SAID, text="Yes.", expects=Expects.YES_NO)
    assert wait_ms(yes) == PRESETS[DEFAULT].answer.shortest_ms
    assert wait_ms(replace(yes, text="Yes, I want a mocha.")) == OPEN.shortest_ms


def test_fixed_silence_is_fixed() -> None:
    assert FixedSilence(500).wait_ms(replace(SAID, probability=0.01)) == 500


def test_every_eagerness_is_a_preset() -> None:
    assert EAGERNESS.keys() == {"low", "medium", "high", "auto"}
    assert set(EAGERNESS.values()) == set(PRESETS)


@pytest.mark.parametrize(("shortest_ms", "longest_ms"), [(-1, 5), (6, 5), (float("nan"), 5)])
def test_bounds_that_cannot_be_kept_are_refused(shortest_ms: float, longest_ms: float) -> None:
    with pytest.raises(InvalidInput, match="shortest"):
        Bounds(shortest_ms, longest_ms)


def test_changes_leave_the_rest_of_a_preset_alone() -> None:
    preset = PRESETS["default"]
    assert EndpointingChanges().applied_to(preset) == preset
    changed = EndpointingChanges(0.5, answer=Bounds(1, 2)).applied_to(preset)
    assert changed == replace(preset, accepted_log_odds=0.5, answer=Bounds(1, 2))
