from __future__ import annotations

import socket
from pathlib import Path

import pytest

from antiphon.errors import Misconfigured
from ops.supervisor.addresses import check_free, overlap


def test_a_free_address_passes(tmp_path: Path) -> None:
    check_free("[asr] address", f"unix:{tmp_path}/asr.sock")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    check_free("[server] address", f"127.0.0.1:{port}")


def test_a_port_in_use_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        with pytest.raises(Misconfigured) as told:
            check_free("[server] address", address)
    assert told.value.message == (
        f"[server] address: cannot listen at {address}: Address already in use; "
        "stop the process that uses it, or set another address"
    )


def test_a_socket_in_use_is_told_and_one_left_behind_is_free(tmp_path: Path) -> None:
    path = tmp_path / "asr.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        with pytest.raises(Misconfigured, match="another process listens at"):
            check_free("[asr] address", f"unix:{path}")
    assert path.exists()
    check_free("[asr] address", f"unix:{path}")


@pytest.mark.parametrize(
    ("address", "said"),
    [
        (f"unix:/tmp/{'x' * 103}", "at most 107 bytes"),
        ("unix:/nowhere/asr.sock", "no folder /nowhere for the socket asr.sock"),
        ("localhost", "'localhost' is neither HOST:PORT nor unix:PATH"),
        (":7000", "neither HOST:PORT"),
        ("localhost:70000", "neither HOST:PORT"),
        ("localhost:http", "neither HOST:PORT"),
        ("no such host:7000", "no such host is no address of this host"),
        ("192.0.2.1:7000", "Cannot assign requested address"),
    ],
)
def test_what_cannot_be_listened_at_is_told(address: str, said: str) -> None:
    with pytest.raises(Misconfigured, match=said):
        check_free("[asr] address", address)


@pytest.mark.parametrize(
    ("one", "other", "so"),
    [
        ("127.0.0.1:7000", "127.0.0.1:7000", True),
        ("127.0.0.1:7000", "localhost:7000", True),
        ("0.0.0.0:7000", "127.0.0.1:7000", True),
        ("127.0.0.1:7000", "[::]:7000", True),
        ("127.0.0.1:7000", "127.0.0.1:7001", False),
        ("127.0.0.1:7000", "127.0.0.2:7000", False),
        ("no such host:7000", "127.0.0.1:7000", False),
        ("unix:/run/a.sock", "unix:/run/a.sock", True),
        ("unix:/run/a.sock", "unix:/run/b.sock", False),
        ("unix:/run/a:7000", "0.0.0.0:7000", False),
    ],
)
def test_two_addresses_of_one_place_overlap(one: str, other: str, so: bool) -> None:
    assert overlap(one, other) is so


def test_the_longest_socket_path_passes() -> None:
    path = "/tmp/" + "x" * 102
    assert len(path) == 107
    check_free("[asr] address", f"unix:{path}")
