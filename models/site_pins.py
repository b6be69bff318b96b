"""Hashes that the catalogue lacks: taken on trust when a model is first pulled, verified from then on.

They lie beside the models, not in them, so that removing a model does not make its next pull a first one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from antiphon.errors import Misconfigured
from models.pins import Pin


@dataclass(frozen=True, slots=True)
class SitePins:
    """What one model was at this site's first pull: where it came from, and its files."""

    revision: str = ""
    asked: str = ""
    """The source as the catalogue described it; pins of another one say nothing."""
    files: Mapping[str, Pin] = field(default_factory=dict)


def read_site_pins(root: Path, name: str) -> SitePins:
    """Return the site's pins of a model, empty before its first pull; raise where they are broken."""
    path = _file(root, name)
    try:
        raw = json.loads(path.read_text("utf-8"))
        files = {file: Pin(**pin) for file, pin in raw["files"].items()}
        return SitePins(raw["revision"], raw["asked"], files)
    except FileNotFoundError:
        return SitePins()
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        # Taken as absent, whoever can break this file could have other weights trusted.
        raise Misconfigured(
            f"{path} cannot be read ({type(error).__name__}); restore it, "
            "or remove it to trust the next pull anew"
        ) from None


def write_site_pins(root: Path, name: str, pins: SitePins) -> None:
    """Record the site's pins of a model."""
    path = _file(root, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(asdict(pins), indent=2, sort_keys=True) + "\n")
    fresh.replace(path)


def _file(root: Path, name: str) -> Path:
    return root / ".site-pins" / f"{name}.json"
