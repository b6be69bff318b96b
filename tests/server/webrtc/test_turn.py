"""Names for the site's relay: made of the secret, and worth nothing the day after."""

from __future__ import annotations

import secrets
import time
from pathlib import Path

import pytest

from antiphon.errors import Misconfigured
from antiphon.settings import load
from server.webrtc.settings import WebRtcSettings
from server.webrtc.turn import LIFETIME_S, IceServers

URL = "turn:relay.example:3478?transport=udp"


def made(secret: Path | None, **more: str) -> IceServers:
    environ = {"ANTIPHON_WEBRTC__TURN_URLS": f'["{URL}"]', **more}
    if secret is not None:
        environ["ANTIPHON_WEBRTC__TURN_SECRET_FILE"] = str(secret)
    return IceServers(load("webrtc", WebRtcSettings, environ))


def written(folder: Path, secret: str) -> Path:
    path = folder / "turn_secret"
    path.write_text(secret)
    path.chmod(0o400)
    return path


def test_without_a_relay_there_are_those_of_the_settings() -> None:
    named = '[{"urls": ["stun:stun.example"]}]'
    settings = load("webrtc", WebRtcSettings, {"ANTIPHON_WEBRTC__ICE_SERVERS": named})
    assert IceServers(settings).current() == settings.ice_servers
    assert IceServers(WebRtcSettings()).current() == ()


def test_a_name_expires_and_its_password_is_the_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "time", lambda: 1_700_000_000.9)
    monkeypatch.setattr(secrets, "token_hex", lambda _: "00ff00ff")
    (relay,) = made(written(tmp_path, "tangerine\n")).current()
    assert relay.urls == (URL,)
    assert relay.username == f"{1_700_000_000 + LIFETIME_S}:00ff00ff"
    assert relay.credential is not None
    # printf %s 1700086400:00ff00ff | openssl dgst -sha1 -hmac tangerine -binary | base64
    assert relay.credential.get_secret_value() == "THAWu2fZGMhGnxy9z2KqxASlLRs="


def test_each_call_has_a_name_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: 1_000.0)
    servers = made(written(tmp_path, "tangerine"))
    assert len({servers.current()[0].username for _ in range(20)}) == 20


def test_a_name_is_of_its_calls_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    servers = made(
        written(tmp_path, "tangerine"),
        ANTIPHON_WEBRTC__ICE_SERVERS='[{"urls": ["stun:stun.example"]}]',
    )
    names = []
    for now_s in (1_000.0, 2_000.0):
        monkeypatch.setattr(time, "time", lambda now_s=now_s: now_s)
        stun, relay = servers.current()
        assert stun.urls == ("stun:stun.example",)
        names.append(str(relay.username).partition(":")[0])
    assert names == [str(1_000 + LIFETIME_S), str(2_000 + LIFETIME_S)]


def test_a_relay_without_a_secret_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="turn_urls needs turn_secret_file"):
        made(None)
    with pytest.raises(Misconfigured, match=r"the TURN secret file .* is empty"):
        made(written(tmp_path, "\n"))


def test_a_relay_is_an_ice_url() -> None:
    with pytest.raises(Misconfigured, match="an ICE server is"):
        load("webrtc", WebRtcSettings, {"ANTIPHON_WEBRTC__TURN_URLS": '["http://relay"]'})
