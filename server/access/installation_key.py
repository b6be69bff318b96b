"""The installation's own key: made at first start, readable by its owner only."""

from __future__ import annotations

import os
import secrets
import tempfile
from pathlib import Path

from antiphon.errors import Misconfigured

KEY_PREFIX = "ak_"
KEY_BYTES = 32
METADATA_NAME = "authorization"


def load_or_make(path: Path) -> str:
    """Return the key in `path`, made there with mode 0600 if absent; raise `Misconfigured` if unusable."""
    try:
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
    try:
        mode = path.stat().st_mode & 0o077
        key = path.read_text(encoding="ascii", errors="strict").strip()
    except FileNotFoundError:
        raise Misconfigured(
            f"no key at {path}: it is made when the appliance first starts"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(f"cannot read the key file {path}: {error}") from None
    if mode:
        raise Misconfigured(f"others may read the key file {path}: run `chmod 600 {path}`")
    if not key:
        raise Misconfigured(f"the key file {path} is empty: delete it, and a new key is made")
    return key


def bearer(key: str) -> tuple[tuple[str, str], ...]:
    """Return the metadata that shows `key`."""
    return ((METADATA_NAME, f"Bearer {key}"),)
