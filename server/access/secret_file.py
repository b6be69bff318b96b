"""A secret that a site keeps in a file of its own, such as one that compose mounts under /run/secrets."""

from __future__ import annotations

from pathlib import Path

from antiphon.errors import Misconfigured


def read(path: Path, what: str, remedy: str) -> str:
    """Return what is in `path`; raise `Misconfigured` where it is missing, empty or open to others.

    `what` it is, such as "key", and the `remedy` where there is none or nothing in it, are for the message.
    """
    try:
        mode = path.stat().st_mode & 0o077
        secret = path.read_text(encoding="ascii", errors="strict").strip()
    except FileNotFoundError:
        raise Misconfigured(f"no {what} at {path}: {remedy}") from None
    except OSError as error:
        raise Misconfigured(f"cannot read the {what} file {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise Misconfigured(f"cannot read the {what} file {path}: it is not ASCII") from None
    if mode:
        raise Misconfigured(f"others may read the {what} file {path}: run `chmod 600 {path}`")
    if not secret:
        raise Misconfigured(f"the {what} file {path} is empty: {remedy}")
    return secret
