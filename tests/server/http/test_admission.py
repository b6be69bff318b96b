"""Where a key is looked for."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.requests import HTTPConnection

from antiphon.errors import NotPermitted
from server.access.grant import Holder
from server.access.keyring import Keyring
from server.http.admission import admit, key_protocol, protocols

KEYRING = Keyring("ak_x")


def _connection(protocols: list[str] | None = None, **headers: str) -> HTTPConnection:
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope: dict[str, Any] = {"type": "websocket", "headers": raw}
    if protocols is not None:
        scope["subprotocols"] = protocols
    return HTTPConnection(scope)


@pytest.mark.parametrize(
    "connection",
    [
        _connection(authorization="Bearer ak_x"),
        _connection(["realtime", "openai-insecure-api-key.ak_x"]),
        _connection(["openai-insecure-api-key.ak_x"], authorization="Bearer ak_y"),
    ],
)
def test_it_is_in_a_header_or_among_the_subprotocols(connection: HTTPConnection) -> None:
    assert admit(connection, KEYRING).holder is Holder.INSTALLATION


@pytest.mark.parametrize(
    "connection",
    [
        _connection(),
        _connection([]),
        _connection(["realtime"]),
        _connection(["openai-insecure-api-key.ak_y"], authorization="Bearer ak_x"),
    ],
)
def test_elsewhere_it_is_not_found(connection: HTTPConnection) -> None:
    with pytest.raises(NotPermitted):
        admit(connection, KEYRING)


def test_a_browser_is_known_by_the_key_among_its_subprotocols() -> None:
    browser = _connection(["realtime", "openai-insecure-api-key.ek_1"])
    assert key_protocol(browser) == "ek_1"
    assert protocols(browser)[0] == "realtime"
    assert key_protocol(_connection(authorization="Bearer x")) == ""
