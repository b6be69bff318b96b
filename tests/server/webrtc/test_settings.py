from __future__ import annotations

from pathlib import Path

import pytest

from antiphon.errors import Misconfigured
from antiphon.settings import load
from server.webrtc.settings import WebRtcSettings


def test_no_server_on_the_internet_is_asked_by_default() -> None:
    assert load("webrtc", WebRtcSettings, {}).ice_servers == ()


def test_a_relay_stands_in_the_file_or_in_the_environment(tmp_path: Path) -> None:
    file = tmp_path / "antiphon.toml"
    file.write_text(
        '[[webrtc.ice_servers]]\nurls = ["turn:relay.example:3478"]\nusername = "u"\ncredential = "p"\n'
    )
    text = '[{"urls": ["turn:relay.example:3478"], "username": "u", "credential": "p"}]'
    for environ in (
        {"ANTIPHON_CONFIG": str(file)},
        {"ANTIPHON_WEBRTC__ICE_SERVERS": text},
    ):
        (server,) = load("webrtc", WebRtcSettings, environ).ice_servers
        assert server.urls == ("turn:relay.example:3478",)
        assert server.credential is not None
        assert server.credential.get_secret_value() == "p"
        assert "p" not in repr(server.credential)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("[{", "webrtc.ice_servers"),
        ('[{"urls": []}]', "webrtc.ice_servers.0.urls"),
        ('[{"urls": ["http://relay"]}]', "an ICE server is stun:HOST:PORT"),
        ('[{"urls": ["turn:relay?transport=smoke"]}]', "an ICE server is stun:HOST:PORT"),
    ],
)
def test_what_is_no_ice_server_stops_the_start(value: str, said: str) -> None:
    with pytest.raises(Misconfigured, match=said):
        load("webrtc", WebRtcSettings, {"ANTIPHON_WEBRTC__ICE_SERVERS": value})
