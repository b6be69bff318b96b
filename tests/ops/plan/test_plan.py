"""What is planned, and that its parts add up to no more than the card."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference.card.card import Card, faults
from inference.card.language import CONTEXT
from inference.card.part import total_mib
from inference.card.recognition import asr_need
from inference.card.voice import tts_need
from models.catalogue import load_catalogue
from ops.plan.cards import Known, card_named, card_of, known_cards
from ops.plan.plan import BLOCK, RECOGNITION_SHARE, RESERVE_MIB, Plan, plan
from ops.plan.request import LANGUAGE_MODELS, RECOGNITIONS, Request

CATALOGUE = load_catalogue()
L4 = card_named("L4")


def planned(card: Known, **asked: object) -> Plan:
    return plan(card, replace(Request(), **asked), CATALOGUE)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("L4", "llama-3.1-8b-instruct-awq"),
        ("L40S", "llama-3.1-8b-instruct"),
        ("A100-40GB", "llama-3.1-8b-instruct"),
        ("H100", "llama-3.1-8b-instruct"),
        ("H200", "llama-3.1-8b-instruct"),
    ],
)
def test_the_language_model_is_quantised_where_it_would_not_fit(name: str, model: str) -> None:
    found = planned(card_named(name))
    assert found.fits
    assert found.language_model == model


def test_one_that_is_named_is_taken_or_refused() -> None:
    assert planned(card_named("H100"), language_model=LANGUAGE_MODELS[1]).language_model.endswith(
        "awq"
    )
    refused = planned(L4, language_model=LANGUAGE_MODELS[0])
    assert not refused.fits
    assert refused.language_model == LANGUAGE_MODELS[0]
    assert refused.needed_mib > L4.usable_mib


def test_recognition_is_given_larger_batches_by_a_larger_card() -> None:
    sizes = [planned(card_named(name)).asr.max_batch for name in ("L4", "L40S", "H100")]
    assert sizes == sorted(set(sizes))
    for card in known_cards().values():
        found = planned(card)
        assert total_mib(found.parts["asr"]) <= RECOGNITION_SHARE * card.usable_mib


@pytest.mark.parametrize("room", [True, False])
@pytest.mark.parametrize("known", known_cards().values(), ids=lambda card: card.name)
def test_a_second_recognition_or_voice_is_let_onto_the_full_card_where_it_was_asked_for(
    known: Known, room: bool
) -> None:
    found = planned(known, sessions=8, room_for_update=room)
    assert found.fits
    others = total_mib(found.parts["asr"]) + total_mib(found.parts["tts"]) + CONTEXT.mib
    free_mib = math.floor(known.usable_mib * (1 - found.share)) - others
    card = Card(known.name, known.memory_mib, free_mib, "580.1", known.capability)
    needs = (asr_need(found.asr, CATALOGUE), tts_need(found.tts, CATALOGUE))
    assert all(not list(faults(card, need)) for need in needs if need) == room


def test_sessions_that_do_not_fit_are_refused() -> None:
    most = planned(L4).sessions
    assert planned(L4, sessions=most).fits
    assert not planned(L4, sessions=10 * most).fits


def test_twice_the_context_is_half_the_sessions() -> None:
    card = card_named("H100")
    assert planned(card, context_tokens=8192).sessions == planned(card).sessions // 2


def test_a_card_without_room_for_the_weights_has_no_sessions() -> None:
    found = planned(card_of(6))
    assert (found.fits, found.sessions, found.cache_tokens, found.cache_bytes) == (False, 0, 0, 0)
    assert found.share == 0


def test_smaller_models_leave_more_room() -> None:
    sessions = [
        planned(L4, recognition=model, compute_type=compute_type, sessions=1000).sessions
        for model, compute_type in RECOGNITIONS
    ]
    assert sessions == sorted(set(sessions))


@settings(max_examples=50, deadline=None)
@given(
    st.floats(10, 200),
    st.integers(1, 200),
    st.sampled_from([512, 2000, 4096, 8192]),
    st.sampled_from(RECOGNITIONS),
    st.booleans(),
)
def test_what_is_planned_is_there(
    gib: float, sessions: int, tokens: int, recognition: tuple[str, str], room: bool
) -> None:
    card = card_of(gib)
    found = plan(card, Request(sessions, tokens, "", *recognition, room), CATALOGUE)
    if not found.fits:
        return
    cache_mib = found.cache_bytes / 2**20
    taken = sum(map(total_mib, found.parts.values())) + cache_mib + found.spare_mib + RESERVE_MIB
    assert taken <= card.usable_mib
    assert found.needed_mib <= card.usable_mib
    assert found.cache_tokens % BLOCK == 0
    assert found.sessions * tokens <= found.cache_tokens
