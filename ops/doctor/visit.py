"""The doctor's round: everything is looked at, whatever was found before."""

from __future__ import annotations

from collections.abc import Iterator

from antiphon.errors import Misconfigured
from antiphon.settings import config_file
from ops.doctor import bootstrap, card, places, seats, system, weights
from ops.doctor.finding import Finding
from ops.settings import Settings


def visit(*, deep: bool) -> Iterator[Finding]:
    """Yield what is found; where the settings are wrong, the rest cannot be judged."""
    yield system.machine()
    try:
        settings = Settings.load()
    except Misconfigured as error:
        yield Finding("settings", error.message, f"edit {config_file()} or the environment")
        return
    yield Finding("settings", "every table is valid")
    yield from system.packages(settings)
    yield from bootstrap.environments(settings)
    yield from card.card(settings)
    yield from weights.models(settings, deep=deep)
    yield from system.disk(settings)
    yield from places.addresses(settings)
    yield places.key(settings)
    yield from seats.seats(settings)
