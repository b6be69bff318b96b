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
    assert settings.http == "127.0.0.1:8080"
    assert settings.key_file == Path("/s/antiphon/key")
    assert settings.tls_dir == Path("/s/antiphon/tls")
    assert not settings.needs_tls
    sockets = (settings.asr, settings.llm, settings.tts)
    assert sockets == tuple(f"unix:/r/antiphon/{name}.sock" for name in ("asr", "llm", "tts"))


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("ANTIPHON_SERVER__MAX_SESSIONS", "0"),
        ("ANTIPHON_SERVER__MAX_SESSIONS", "many"),
        ("ANTIPHON_SERVER__ADRESS", "127.0.0.1:1"),
        ("ANTIPHON_SERVER__CORS_ORIGINS", "https://desk.example"),
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
        ("SILENT_S", "0.9"),
        ("SILENT_S", "-1"),
        ("SILENT_S", "3601"),
        ("SILENT_S", "soon"),
    ],
)
def test_a_bad_agent_setting_is_named(environ: dict[str, str], name: str, value: str) -> None:
    with pytest.raises(Misconfigured, match=f"{name}.*{value}|{name.lower()}.*{value}"):
        load("agent", AgentSettings, environ | {f"ANTIPHON_AGENT__{name}": value})


def test_an_agent_is_set_from_the_environment(environ: dict[str, str]) -> None:
    agent = load("agent", AgentSettings, environ | {"ANTIPHON_AGENT__GREETING": "Welcome."})
    assert agent.greeting == "Welcome."
    assert agent.instructions


def test_an_agent_is_patient_for_a_while_and_says_goodbye(environ: dict[str, str]) -> None:
    agent = load("agent", AgentSettings, environ)
    assert agent.silent_s >= 10
    assert len(agent.reprompts) == 2
    assert agent.farewell


def test_what_it_says_to_a_silent_caller_is_set_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "antiphon.toml"
    path.write_text('[agent]\nreprompts = ["Hello?"]\nfarewell = "Bye."\nsilent_s = 7.5\n')
    agent = load("agent", AgentSettings, {"ANTIPHON_CONFIG": str(path)})
    assert (agent.reprompts, agent.farewell, agent.silent_s) == (("Hello?",), "Bye.", 7.5)


@pytest.mark.parametrize(
    ("address", "http", "local", "needs_tls"),
    [
        ("127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:1", False),
        ("unix:/s", "unix:/h", "unix:/s", False),
        ("unix:/s", "0.0.0.0:443", "unix:/s", True),
        ("0.0.0.0:1", "127.0.0.1:2", "unix:/r/antiphon/server.sock", True),
    ],
)
def test_beyond_loopback_there_is_tls_and_this_host_has_an_address_without(
    address: str, http: str, local: str, needs_tls: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/r")
    settings = ServerSettings(address=address, http=http)
    assert (settings.local_address, settings.needs_tls) == (local, needs_tls)


def test_origins_are_a_list_in_the_environment_too(environ: dict[str, str]) -> None:
    variables = environ | {"ANTIPHON_SERVER__CORS_ORIGINS": '["https://desk.example"]'}
    assert load("server", ServerSettings, variables).cors_origins == ("https://desk.example",)
