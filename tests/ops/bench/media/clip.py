"""A clip that no file holds, for what only looks at its row."""

from __future__ import annotations

from pathlib import Path

from ops.bench.data import Clip

CLIP = Clip(Path("none.wav"), 2.0, "hello", {"file": "none.wav", "language": "en"})
