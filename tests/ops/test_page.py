"""The page's address is asked of the gateway that runs, and of no other."""

from __future__ import annotations

import socket
from pathlib import Path

import httpx
import pytest

from antiphon.errors import Unavailable
from ops.page import way_in
from server.access.certificate import load_or_make
from server.http.page_keys import PAGE_KEY_PATH
from server.settings import ServerSettings
from tests.ops.page_gateway import page_gateway


def settings(folder: Path, http: str) -> ServerSettings:
    return ServerSettings(http=http, key_file=folder / "key", tls_dir=folder / "tls")


def test_its_token_buys_a_key(tmp_path: Path) -> None:
    with page_gateway(tmp_path) as house:
        address = house.url.removeprefix("http://")
        (line,) = way_in(settings(tmp_path, address))
        place, _, token = line.partition("#token=")
        assert place == f"page: http://{address}/"
        bought = httpx.post(f"{house.url}{PAGE_KEY_PATH}", json={"token": token})
        assert bought.status_code == 200


def test_beyond_this_host_it_is_https_and_the_certificate_is_told(tmp_path: Path) -> None:
    own = load_or_make(settings(tmp_path, "0.0.0.0:1"))
    with page_gateway(tmp_path, own) as house:
        port = house.url.rpartition(":")[2]
        page, shown = way_in(settings(tmp_path, f"0.0.0.0:{port}"))
    assert page.startswith(f"page: https://{socket.getfqdn()}:{port}/#token=")
    assert own.fingerprint in shown


def test_the_key_is_shown_to_nobody_with_another_certificate(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = load_or_make(settings(tmp_path / "other", "0.0.0.0:1"))
    with page_gateway(tmp_path, other) as house:
        port = house.url.rpartition(":")[2]
        with pytest.raises(Unavailable, match="another certificate"):
            way_in(settings(tmp_path, f"0.0.0.0:{port}"))


def test_where_nobody_answers_it_says_so(tmp_path: Path) -> None:
    with page_gateway(tmp_path) as house:
        address = house.url.removeprefix("http://")
    with pytest.raises(Unavailable, match=f"not served at {address}"):
        way_in(settings(tmp_path, address))


def test_a_gateway_with_another_key_is_told(tmp_path: Path) -> None:
    with page_gateway(tmp_path) as house:
        (tmp_path / "key").write_text("ak_other")
        with pytest.raises(Unavailable, match="no address for the page: the key is not known"):
            way_in(settings(tmp_path, house.url.removeprefix("http://")))


def test_at_a_unix_socket_there_is_none(tmp_path: Path) -> None:
    assert way_in(settings(tmp_path, f"unix:{tmp_path}/http")) == []


def test_an_address_of_ipv6_is_written_as_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ops.page._token", lambda _: "x")
    assert way_in(settings(tmp_path, "[::1]:8080")) == ["page: http://[::1]:8080/#token=x"]
