"""Where this machine's pip looks for packages: the store looks there too, and asks for no setting of its own.

Read as pip reads it (pip's user guide, "Configuration"): files of the whole machine, of the user, of the
environment, then `PIP_*` variables; the later wins. Only what finds and reaches an index is read.
"""

from __future__ import annotations

import configparser
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from antiphon.errors import Misconfigured

PYPI = "https://pypi.org/simple"
MACHINE_FILE = Path("/etc/pip.conf")


@dataclass(frozen=True, slots=True)
class PipSettings:
    """Simple indexes in the order to ask them, folders or pages of links, and how to reach them."""

    indexes: tuple[str, ...]
    find_links: tuple[str, ...]
    cert: str | None
    """A bundle or folder of certificates to trust in place of the usual ones."""
    proxy: str | None
    trusted_hosts: tuple[str, ...] = ()
    """Hosts whose certificate is not asked for; what they send is verified by its hash like all else."""


def read_pip_settings(environ: Mapping[str, str] = os.environ) -> PipSettings:
    """Return what pip would use; raise `Misconfigured` that names a file which cannot be parsed."""
    values: dict[str, str] = {}
    for path in _files(environ):
        values |= _read(path)
    prefix = "PIP_"
    values |= {
        name.removeprefix(prefix).lower().replace("_", "-"): value
        for name, value in environ.items()
        if name.startswith(prefix) and value
    }
    indexes = [] if _is_true(values.get("no-index", "")) else [values.get("index-url", PYPI)]
    return PipSettings(
        indexes=tuple(indexes + (values.get("extra-index-url", "").split() if indexes else [])),
        find_links=tuple(values.get("find-links", "").split()),
        cert=values.get("cert") or environ.get("REQUESTS_CA_BUNDLE") or None,
        proxy=values.get("proxy") or None,
        trusted_hosts=tuple(values.get("trusted-host", "").split()),
    )


def _files(environ: Mapping[str, str]) -> Iterator[Path]:
    own = environ.get("PIP_CONFIG_FILE")
    if own == os.devnull:
        return
    home = Path(environ.get("HOME") or Path.home())
    for folder in reversed((environ.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(":")):
        yield Path(folder) / "pip/pip.conf"
    yield MACHINE_FILE
    yield home / ".pip/pip.conf"
    yield Path(environ.get("XDG_CONFIG_HOME") or home / ".config") / "pip/pip.conf"
    yield Path(sys.prefix) / "pip.conf"
    if own:
        yield Path(own)


def _read(path: Path) -> dict[str, str]:
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(path.read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return {}
    except (configparser.Error, UnicodeDecodeError) as error:
        raise Misconfigured(
            f"pip's settings file {path} cannot be read: {str(error).splitlines()[0]}"
        ) from None
    found: dict[str, str] = {}
    # `pip download` is what a pull amounts to, and its section wins over [global], as it does for pip.
    for section in ("global", "download"):
        if parser.has_section(section):
            found |= {key.replace("_", "-"): value for key, value in parser.items(section)}
    return found


def _is_true(value: str) -> bool:
    return value.strip().lower() in ("1", "true", "yes", "on", "t", "y")
