from __future__ import annotations

from pathlib import Path

import pytest

from antiphon.errors import Misconfigured
from antiphon.settings import load
from server.settings import AgentSettings, ServerSettings


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """An environment whose settings file is empty."""
    path = tmp_path / "antiphon.toml"
    path.write_text("")
    return {"ANTIPHON_CONFIG": str(path)}


def test_the_defaults_are_this_users_own_places(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/s")
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/r")
    settings = ServerSettings()
    assert settings.address == "127.0.0.1:50051"
    assert settings.key_file == Path("/s/antiphon/key")
    sockets = (settings.asr, settings.llm, settings.tts)
    assert sockets == tuple(f"unix:/r/antiphon/{name}.sock" for name in ("asr", "llm", "tts"))


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("ANTIPHON_SERVER__MAX_SESSIONS", "0"),
        ("ANTIPHON_SERVER__MAX_SESSIONS", "many"),
        ("ANTIPHON_SERVER__ADRESS", "127.0.0.1:1"),
    ],
)
def test_a_bad_server_setting_is_named(environ: dict[str, str], variable: str, value: str) -> None:
    with pytest.raises(Misconfigured, match=variable):
        load("server", ServerSettings, environ | {variable: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ENDPOINT_SILENCE_MS", "99"),
        ("ENDPOINT_SILENCE_MS", "5001"),
        ("MAX_REPLY_TOKENS", "0"),
        ("MAX_REPLY_TOKENS", "4097"),
        ("HISTORY_CHARS", "-1"),
    ],
)
def test_a_bad_agent_setting_is_named(environ: dict[str, str], name: str, value: str) -> None:
    with pytest.raises(Misconfigured, match=f"{name}.*{value}|{name.lower()}.*{value}"):
        load("agent", AgentSettings, environ | {f"ANTIPHON_AGENT__{name}": value})


def test_an_agent_is_set_from_the_environment(environ: dict[str, str]) -> None:
    agent = load("agent", AgentSettings, environ | {"ANTIPHON_AGENT__GREETING": "Welcome."})
    assert agent.greeting == "Welcome."
    assert agent.instructions
