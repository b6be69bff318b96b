"""The installation's own key: made at first start, readable by its owner only."""

from __future__ import annotations

import os
import secrets
import tempfile
from pathlib import Path

from antiphon.errors import Misconfigured
from server.access.secret_file import read

KEY_PREFIX = "ak_"
KEY_BYTES = 32
METADATA_NAME = "authorization"
REMEDY = "it is made when the appliance first starts, where no file is in its place"


def load_or_make(path: Path) -> str:
    """Return the key in `path`, made there with mode 0600 if absent; raise `Misconfigured` if unusable.

    Where it is there nothing is written: a secret that is mounted lies in a folder that is read-only.
    """
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            _make(path)
    except FileExistsError:
        pass
    except OSError as error:
        raise Misconfigured(f"cannot make the key file {path}: {error.strerror}") from None
    return load(path)


def _make(path: Path) -> None:
    """Make a key in `path`, which others see whole or not at all; raise `FileExistsError` if it is there."""
    with tempfile.NamedTemporaryFile("w", encoding="ascii", dir=path.parent) as draft:
        draft.write(KEY_PREFIX + secrets.token_urlsafe(KEY_BYTES) + "\n")
        draft.flush()
        os.link(draft.name, path)


def load(path: Path) -> str:
    """Return the key in `path`; raise `Misconfigured` where it is missing, empty or open to others."""
    return read(path, "key", REMEDY)


def bearer(key: str) -> tuple[tuple[str, str], ...]:
    """Return the metadata that shows `key`."""
    return ((METADATA_NAME, f"Bearer {key}"),)
