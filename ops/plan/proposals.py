"""What would fit where what was asked does not. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from models.catalogue import Catalogue
from ops.context import FEWEST_TOKENS
from ops.plan.cards import Known
from ops.plan.plan import Plan, plan
from ops.plan.request import LANGUAGE_MODELS, RECOGNITIONS, Request

# Instructions and a short talk.
SHORTER_TOKENS = (2048, FEWEST_TOKENS)
# More would not be read.
MOST = 3


def proposals(card: Known, request: Request, catalogue: Catalogue) -> list[Request]:
    """Return what fits instead, the nearest first: other models, fewer sessions, a shorter context."""
    found: list[Request] = []
    for other in _others(card, request, catalogue):
        # The models come best first: what a smaller one does no more of is no choice.
        known = {(one.sessions, one.context_tokens) for one in found}
        size = (other.sessions, other.context_tokens)
        if size not in known and plan(card, other, catalogue).fits:
            found.append(other)
    return found[:MOST]


def smallest(card: Known, catalogue: Catalogue) -> Plan:
    """Return the plan for one session with the smallest of everything, whether it fits or not."""
    return plan(card, _smallest(Request(sessions=1, context_tokens=min(SHORTER_TOKENS))), catalogue)


def _others(card: Known, request: Request, catalogue: Catalogue) -> Iterator[Request]:
    models = list(_models(request))
    yield from models
    shorter = [tokens for tokens in SHORTER_TOKENS if tokens < request.context_tokens]
    for tokens in (request.context_tokens, *shorter):
        for one in models:
            asked = replace(one, context_tokens=tokens)
            sessions = min(request.sessions, plan(card, asked, catalogue).sessions)
            if sessions:
                yield replace(asked, sessions=sessions)


def _models(request: Request) -> Iterator[Request]:
    """Yield what was asked with each choice of models that is no larger, the best first."""
    asked = (request.recognition, request.compute_type)
    first = RECOGNITIONS.index(asked) if asked in RECOGNITIONS else len(RECOGNITIONS)
    for recognition, compute_type in dict.fromkeys([asked, *RECOGNITIONS[first:]]):
        for model in dict.fromkeys([request.language_model, LANGUAGE_MODELS[-1]]):
            if model or not request.language_model:
                yield replace(
                    request,
                    language_model=model,
                    recognition=recognition,
                    compute_type=compute_type,
                )


def _smallest(request: Request) -> Request:
    recognition, compute_type = RECOGNITIONS[-1]
    return replace(
        request,
        language_model=LANGUAGE_MODELS[-1],
        recognition=recognition,
        compute_type=compute_type,
    )
