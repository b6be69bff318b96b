from __future__ import annotations

from pathlib import Path

import pytest

from antiphon import paths


def test_xdg_variables_are_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", "/d")
    monkeypatch.setenv("XDG_STATE_HOME", "/s")
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/r")
    assert paths.data_dir() == Path("/d/antiphon")
    assert paths.state_dir() == Path("/s/antiphon")
    assert paths.default_socket("asr") == "unix:/r/antiphon/asr.sock"


def test_without_them_the_home_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", "/h")
    assert paths.data_dir() == Path("/h/.local/share/antiphon")
    assert paths.runtime_dir() == Path("/h/.local/state/antiphon/run")
