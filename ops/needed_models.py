"""Which models the settings ask for."""

from __future__ import annotations

import sys
from pathlib import Path

from models.pull import pull
from models.sources.supply import CatalogueSupply
from models.store import State, Store, open_store
from ops.cli.pull_progress import shown
from ops.settings import Settings

SIMULATED = "simulated"


def needed(settings: Settings) -> list[str]:
    """Return the catalogue's names of what the configured engines load, each once."""
    # The simulated recognition listens with the real detectors, and only its words are made up.
    names: list[str] = [settings.asr.vad, settings.asr.end_of_turn]
    names += [
        table.model
        for table in (settings.asr, settings.llm, settings.tts)
        if table.engine != SIMULATED
    ]
    return [name for name in dict.fromkeys(names) if name]


def pull_missing(settings: Settings) -> list[str]:
    """Bring what is needed and not in the store, showing how far it is; return what was brought."""
    store = open_store(settings.models)
    missing = absent(store, settings)
    if not missing:
        return []
    with shown() as progress:
        supply = CatalogueSupply(settings.models.dir, settings.models.hub_url, progress)
        return pull(store, missing, supply, progress, _interpreters(settings))


def absent(store: Store, settings: Settings) -> list[str]:
    """Return what is needed and not ready in the store."""
    return [name for name in needed(settings) if store.state(name) is not State.READY]


def _interpreters(settings: Settings) -> dict[str, Path]:
    return {"main": Path(sys.executable), "tts": settings.supervisor.tts}
