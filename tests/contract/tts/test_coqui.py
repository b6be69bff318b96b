"""The contract on Coqui, with real weights, in its own process and environment."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from antiphon.settings import load
from models.settings import ModelsSettings
from models.store import State, open_store
from ops.settings import Settings
from tests.contract.tts.suite import *  # noqa: F403
from tests.tts_service import Service, serving

pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    settings = Settings.load()
    if not settings.supervisor.tts.exists():
        pytest.skip(f"there is no {settings.supervisor.tts}: `ops/up` makes it")
    store = open_store(load("models", ModelsSettings))
    if store.state(settings.tts.model) is not State.READY:
        pytest.skip(f"no model {settings.tts.model}: antiphon models pull {settings.tts.model}")
    with serving(engine="coqui") as found:
        yield found
