"""The `[models]` table: where weights are kept, and where they come from."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from antiphon.paths import data_dir
from antiphon.settings import Table


class ModelsSettings(Table):
    """Where the store is, and what a site adds to the catalogue."""

    dir: Path = Field(default_factory=lambda: data_dir() / "models")
    """The store: one folder a model."""

    catalogue: Path | None = None
    """A site's own entries, in the format of `models/catalogue.toml`; they win over ours of that name."""

    hub_url: str = "https://huggingface.co"
    """The model hub, or a site's mirror of it. $HF_TOKEN, where set, is sent to this host alone."""
