"""The contract on CTranslate2, with real weights."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from inference.llm.engine import Engine
from inference.llm.loading import load_model
from inference.llm.settings import LlmSettings
from tests.contract.llm.suite import *  # noqa: F403
from tests.llm_service import Service, model_folder, serving

pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    settings = LlmSettings.model_validate({})
    folder = model_folder(settings)

    async def load() -> Engine:
        return load_model(folder, settings, on_death=lambda: None)

    with serving(load) as found:
        yield found
