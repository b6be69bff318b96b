"""The models that the settings ask for."""

from __future__ import annotations

from collections.abc import Iterator

from models.store import Report, State, open_store
from ops.doctor.finding import Finding
from ops.needed_models import needed
from ops.settings import Settings


def models(settings: Settings, *, deep: bool) -> Iterator[Finding]:
    """Look at each model; `deep` reads every byte, else only what has changed since it was last read."""
    store = open_store(settings.models)
    for name in needed(settings):
        yield _finding(name, store.verify(name) if deep else store.inspect(name))


def _finding(name: str, report: Report) -> Finding:
    if report.state is State.READY:
        return Finding("models", f"{name} is sound")
    fault = next(iter(report.faults.values()), f"{name} is {report.state}")
    return Finding("models", fault, f"antiphon models pull {name}")
