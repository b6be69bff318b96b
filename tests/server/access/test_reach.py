from __future__ import annotations

import pytest

from server.access.reach import stays_on_host


@pytest.mark.parametrize(
    ("address", "stays"),
    [
        ("unix:/run/server.sock", True),
        ("127.0.0.1:8080", True),
        ("127.9.9.9:8080", True),
        ("[::1]:8080", True),
        ("localhost:8080", True),
        ("0.0.0.0:8080", False),
        ("[::]:8080", False),
        ("10.1.2.3:8080", False),
        ("voice.example:8080", False),
        ("localhost.example:8080", False),
        ("8080", False),
    ],
)
def test_only_loopback_and_unix_sockets_stay_on_the_host(address: str, stays: bool) -> None:
    assert stays_on_host(address) is stays
