from __future__ import annotations

from dataclasses import replace

import pytest

from models.catalogue import load_catalogue
from ops.plan.cards import card_named, card_of
from ops.plan.plan import plan
from ops.plan.proposals import MOST, proposals, smallest
from ops.plan.request import LANGUAGE_MODELS, Request

CATALOGUE = load_catalogue()
L4 = card_named("L4")


@pytest.mark.parametrize(
    ("gib", "request_"),
    [
        (22.5, Request(language_model=LANGUAGE_MODELS[0])),
        (22.5, Request(sessions=64, context_tokens=8192)),
        (14.0, Request()),
        (12.0, Request(recognition="whisper-base")),
    ],
)
def test_what_is_proposed_fits(gib: float, request_: Request) -> None:
    card = card_of(gib)
    assert not plan(card, request_, CATALOGUE).fits
    found = proposals(card, request_, CATALOGUE)
    assert 1 <= len(found) <= MOST
    assert all(plan(card, one, CATALOGUE).fits for one in found)
    assert len({(one.sessions, one.context_tokens) for one in found}) == len(found)


def test_a_quantised_model_comes_first_where_that_is_enough() -> None:
    first = proposals(L4, Request(language_model=LANGUAGE_MODELS[0]), CATALOGUE)[0]
    assert first == Request(language_model=LANGUAGE_MODELS[1])


def test_a_smaller_recognition_where_that_is_enough() -> None:
    most = plan(L4, Request(sessions=1000), CATALOGUE).sessions
    some = replace(Request(), sessions=most + 3)
    wanted = next(one for one in proposals(L4, some, CATALOGUE) if one.sessions == some.sessions)
    assert wanted.recognition == "whisper-base"


def test_fewer_sessions_where_no_model_is_small_enough() -> None:
    first = proposals(L4, Request(sessions=1000), CATALOGUE)[0]
    assert first.sessions < 1000
    assert first.context_tokens == Request().context_tokens


def test_nothing_fits_on_a_card_that_is_too_small() -> None:
    card = card_of(6)
    assert proposals(card, Request(), CATALOGUE) == []
    least = smallest(card, CATALOGUE)
    assert (least.asr.model, least.request.sessions) == ("whisper-base", 1)
    assert plan(card_of(least.needed_mib / 1024 + 1.2), least.request, CATALOGUE).fits
