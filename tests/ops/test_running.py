from __future__ import annotations

from pathlib import Path

import pytest

from ops.running import address_of
from ops.supervisor.run_folder import ServiceState, hold, write_states


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    return tmp_path / "antiphon"


def test_a_supervisor_tells_where_its_services_are(folder: Path) -> None:
    with hold(folder):
        write_states(folder, {"asr": ServiceState("ready", 7, "unix:/told.sock")})
        assert address_of("asr") == "unix:/told.sock"


def test_without_one_the_settings_say(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert address_of("tts") == f"unix:{folder}/tts.sock"
    monkeypatch.setenv("ANTIPHON_TTS__ADDRESS", "far:7")
    assert address_of("tts") == "far:7"


def test_a_gateway_beyond_this_host_is_reached_within_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTIPHON_SERVER__ADDRESS", "0.0.0.0:7")
    assert address_of("server").endswith("/antiphon/server.sock")
