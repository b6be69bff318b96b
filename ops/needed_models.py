"""Which models are needed, and bringing those that are missing."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from models.catalogue import Profile
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


def of_profile(settings: Settings, profile: Profile) -> list[str]:
    """Return the catalogue's names of all that `profile` runs with, whichever engines are configured."""
    return [entry.name for entry in open_store(settings.models).catalogue.of_profile(profile)]


def pull_missing(settings: Settings, names: Sequence[str]) -> list[str]:
    """Bring those of `names` that the store has not, showing how far it is; return what was brought."""
    store = open_store(settings.models)
    missing = absent(store, names)
    if not missing:
        return []
    with shown() as progress:
        supply = CatalogueSupply(settings.models.dir, settings.models.hub_url, progress)
        return pull(store, missing, supply, progress, _interpreters(settings))


def absent(store: Store, names: Sequence[str]) -> list[str]:
    """Return those of `names` that are not ready in the store."""
    return [name for name in names if store.state(name) is not State.READY]


def _interpreters(settings: Settings) -> dict[str, Path]:
    return {"main": Path(sys.executable), "tts": settings.supervisor.tts}
