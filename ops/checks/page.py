"""The browser page: its source is sound, and the built page that is kept is what that source gives today.

It is kept, in server/page/dist, so that an appliance needs no Node. `npm run build` in server/page writes
it; the same versions of Vite's parts write the same bytes.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from ops.checks import node
from ops.checks.outcome import Outcome, verdict
from ops.settings import REPOSITORY

PAGE = REPOSITORY / "server/page"
KEPT = "dist"
# Another build puts these there, where a site wants them; they are not kept.
ADDED = "vad"


def check() -> Outcome:
    """Check types and style, build the page again, and compare."""
    outcome = node.packages(PAGE)
    if not outcome.passed:
        return outcome
    sound = node.npm_run(PAGE, "run", "check")
    if sound.failed:
        return sound
    with TemporaryDirectory(prefix="antiphon-page-") as name:
        built = node.npm_run(PAGE, "run", "build", "--", "--outDir", name)
        return built if built.failed else verdict(_differences(Path(name), PAGE / KEPT))


def _differences(fresh: Path, kept: Path) -> list[str]:
    expected, found = _files(fresh), _files(kept)
    return [
        f"server/page/{KEPT}/{name} is not what the source gives: `npm run build` in server/page"
        for name in sorted(expected.keys() | found.keys())
        if expected.get(name) != found.get(name)
    ]


def _files(folder: Path) -> dict[str, bytes]:
    names = {path.relative_to(folder): path for path in folder.rglob("*") if path.is_file()}
    return {
        name.as_posix(): path.read_bytes() for name, path in names.items() if name.parts[0] != ADDED
    }
