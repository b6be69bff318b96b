"""The real voice, where the machine has it: exported and loaded once for all tests."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.weights import weights

VOICE = "en-us-joe-medium"


@pytest.fixture(scope="session")
def checkpoint() -> Path:
    """The folder of the real voice."""
    return weights(VOICE)


@pytest.fixture(scope="session")
def coqui() -> ModuleType:
    """The module that imports torch and TTS, whose imports warn of much that is not ours."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pytest.importorskip("torch", reason="torch is only in the environment .venv-tts")
        from inference.tts.vits import coqui as module
    return module


@pytest.fixture(scope="session")
def reference(coqui: ModuleType, checkpoint: Path) -> Any:
    """Coqui's own model, weight norm as it is."""
    return coqui.load(checkpoint)


@pytest.fixture(scope="session")
def torch_network(coqui: ModuleType, checkpoint: Path) -> Any:
    """The voice on torch."""
    return coqui.TorchNetwork(coqui.load(checkpoint), threads=1)


@pytest.fixture(scope="session")
def graphs(
    coqui: ModuleType, checkpoint: Path, tmp_path_factory: pytest.TempPathFactory
) -> Mapping[str, Path]:
    """The voice's graphs, exported."""
    paths: Mapping[str, Path] = coqui.export(
        coqui.load(checkpoint), tmp_path_factory.mktemp("graphs")
    )
    return paths
