"""Whether a service can listen at an address: asked before anything starts, so that it is told first."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from antiphon.errors import Misconfigured

# sockaddr_un(7): 108 bytes with the zero at the end.
MAX_SOCKET_PATH_BYTES = 107
UNIX = "unix:"
# All addresses of a host; that of IPv6 takes those of IPv4 too.
WILDCARDS = {"0.0.0.0", "::"}


def check_free(setting: str, address: str) -> None:
    """Raise `Misconfigured`, naming `setting`, where nobody could listen at `address` now."""
    if address.startswith(UNIX):
        _check_unix(setting, Path(address.removeprefix(UNIX)))
    else:
        _check_tcp(setting, address)


def overlap(one: str, other: str) -> bool:
    """Return whether nobody could listen at `other` while somebody does at `one`."""
    if one == other:
        return True
    if one.startswith(UNIX) or other.startswith(UNIX):
        return False
    (host, _, port), (other_host, _, other_port) = one.rpartition(":"), other.rpartition(":")
    hosts, others = _places(host), _places(other_host)
    return port == other_port and bool(hosts & others or (hosts | others) & WILDCARDS)


def _places(host: str) -> set[str]:
    """Return what a host's name stands for; a name that stands for nothing is told of when it is probed."""
    try:
        found = socket.getaddrinfo(host.strip("[]"), None, type=socket.SOCK_STREAM)
    except OSError:
        return set()
    return {str(place[0]) for *_, place in found}


def _check_unix(setting: str, path: Path) -> None:
    if len(os.fsencode(path)) > MAX_SOCKET_PATH_BYTES:
        raise Misconfigured(
            f"{setting}: the path of a Unix socket holds at most {MAX_SOCKET_PATH_BYTES} bytes, and {path} "
            f"has {len(os.fsencode(path))}; set XDG_RUNTIME_DIR to a shorter folder"
        )
    if not path.parent.is_dir():
        raise Misconfigured(
            f"{setting}: there is no folder {path.parent} for the socket {path.name}"
        )
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return  # nobody listens; a socket file that was left behind is replaced by gRPC
    raise Misconfigured(
        f"{setting}: another process listens at {path}; stop it, or set another address"
    )


def _check_tcp(setting: str, address: str) -> None:
    host, port = _split(setting, address)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise Misconfigured(f"{setting}: {host} is no address of this host ({error})") from None
    family, kind, protocol, _, place = found[0]
    with socket.socket(family, kind, protocol) as probe:
        # As gRPC binds: a port whose last connections are only winding down is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(place)
        except OSError as error:
            raise Misconfigured(
                f"{setting}: cannot listen at {address}: {error.strerror}; "
                "stop the process that uses it, or set another address"
            ) from None


def _split(setting: str, address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65_536:
        raise Misconfigured(f"{setting}: {address!r} is neither HOST:PORT nor unix:PATH")
    return host.strip("[]"), int(port)
