"""Whether an address can be reached from another machine. Pure."""

from __future__ import annotations

from ipaddress import ip_address

UNIX = "unix:"


def stays_on_host(address: str) -> bool:
    """Return whether `unix:PATH` or `HOST:PORT` can be reached from this machine only.

    A name other than `localhost` is taken for reachable: what it resolves to may change.
    """
    if address.startswith(UNIX):
        return True
    host = address.rpartition(":")[0].strip("[]")
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
