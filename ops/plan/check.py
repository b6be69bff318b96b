"""Whether a plan can be made of what was asked, before any arithmetic."""

from __future__ import annotations

from antiphon.errors import InvalidInput
from inference.card.language import CAPABILITY
from inference.card.recognition import WEIGHT_SHARES
from models.catalogue import Catalogue, Entry
from ops.context import FEWEST_TOKENS
from ops.plan.cards import Known
from ops.plan.request import Request


def check(request: Request, catalogue: Catalogue) -> None:
    """Raise `InvalidInput` or `Misconfigured` that names what cannot be planned with, and what can."""
    if request.sessions < 1:
        raise InvalidInput(f"--sessions {request.sessions}: give 1 or more")
    if request.context_tokens < FEWEST_TOKENS:
        raise InvalidInput(
            f"--context {request.context_tokens}: give {FEWEST_TOKENS} tokens or more"
        )
    if request.compute_type not in WEIGHT_SHARES:
        known = ", ".join(WEIGHT_SHARES)
        raise InvalidInput(f"--compute-type {request.compute_type}: give one of {known}")
    _planned_with("--asr", request.recognition, "asr", catalogue)
    if request.language_model:
        _planned_with("--llm", request.language_model, "llm", catalogue)


def check_card(card: Known) -> None:
    """Raise `InvalidInput` where no memory would make vLLM run on `card`."""
    if card.capability < CAPABILITY:
        has, needs = (".".join(map(str, numbers)) for numbers in (card.capability, CAPABILITY))
        raise InvalidInput(
            f"{card.name} has compute capability {has}, and vLLM needs {needs}: take a newer card"
        )


def _planned_with(option: str, name: str, role: str, catalogue: Catalogue) -> None:
    if not _can(catalogue.entry(name), role):
        able = ", ".join(entry.name for entry in catalogue if _can(entry, role))
        raise InvalidInput(
            f"{option} {name}: the catalogue does not say what it takes on a GPU (memory_mib.gpu and "
            f"attention); it does of: {able}"
        )


def _can(entry: Entry, role: str) -> bool:
    return entry.role == role and "gpu" in entry.memory_mib and entry.attention is not None
