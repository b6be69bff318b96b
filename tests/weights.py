"""The weights of real models, for the tests that need them."""

from __future__ import annotations

from pathlib import Path

import pytest

from antiphon.settings import load
from models.settings import ModelsSettings
from models.store import State, open_store


def weights(name: str) -> Path:
    """Return the folder of a model; skip the test where the store has it not."""
    store = open_store(load("models", ModelsSettings))
    if store.state(name) is not State.READY:
        pytest.skip(f"no model {name} in {store.root}: antiphon models pull {name}")
    return store.path(name)
