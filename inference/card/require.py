"""The refusal to start on a card that will not do."""

from __future__ import annotations

from collections.abc import Callable

from antiphon.errors import Misconfigured
from inference.card.card import Card, Need, faults
from inference.card.nvml import probe

Probe = Callable[[], Card | None]


def require(need: Callable[[Card], Need | None], card: Probe = probe) -> None:
    """Raise `Misconfigured` with the first thing that keeps a service from running on the card that is here.

    `need` is asked with the card, and returns None where the service uses none. Where no card can be asked,
    nothing is refused: the engine's library then says in its own words what it lacks.
    """
    found = card()
    needed = None if found is None else need(found)
    if found is None or needed is None:
        return
    for fault in faults(found, needed):
        raise Misconfigured(fault.line, reason="CARD_UNFIT")
