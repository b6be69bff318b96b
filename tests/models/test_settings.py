from __future__ import annotations

from pathlib import Path

import pytest

from antiphon.settings import load
from models.settings import ModelsSettings


def test_models_are_kept_in_the_users_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    settings = ModelsSettings()
    assert settings.dir == Path("/data/antiphon/models")
    assert settings.catalogue is None


def test_the_store_is_settable() -> None:
    environ = {
        "ANTIPHON_MODELS__DIR": "/srv/models",
        "ANTIPHON_MODELS__HUB_URL": "https://mirror.example",
        "ANTIPHON_MODELS__CATALOGUE": "/etc/antiphon/models.toml",
    }
    settings = load("models", ModelsSettings, environ)
    assert settings.dir == Path("/srv/models")
    assert settings.hub_url == "https://mirror.example"
    assert settings.catalogue == Path("/etc/antiphon/models.toml")
