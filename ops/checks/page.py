"""The browser page: its source is sound, and the built page that is kept is what that source gives today.

It is kept, in server/page/dist, so that an appliance needs no Node. `npm run build` in server/page writes
it; the same versions of Vite's parts write the same bytes.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from ops.checks import command
from ops.checks.outcome import Outcome, passed, skipped, verdict
from ops.settings import REPOSITORY

PAGE = REPOSITORY / "server/page"
KEPT = "dist"
# Another build puts these there, where a site wants them; they are not kept.
ADDED = "vad"
# Vite 8's and vitest 4's.
OLDEST_NODE = (20, 19)


def packages() -> Outcome:
    """Install the packages of the page's lock, unless they are there; skipped where Node is not."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return skipped("Node is not installed")
    version = _version(node)
    if version < OLDEST_NODE:
        return skipped(
            f"the page needs Node {_dotted(OLDEST_NODE)}, and this is {_dotted(version)}"
        )
    stamp = PAGE / "node_modules/.lock-stamp"
    wanted = sha256((PAGE / "package-lock.json").read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return passed()
    outcome = npm_run("ci", "--prefer-offline", "--no-audit", "--no-fund")
    if outcome.passed:
        stamp.write_text(wanted)
    return outcome


def npm_run(*arguments: str | Path) -> Outcome:
    """Run npm in the page's folder."""
    return command.run(["npm", "--prefix", PAGE, *arguments])


def check() -> Outcome:
    """Check types and style, build the page again, and compare."""
    outcome = packages()
    if not outcome.passed:
        return outcome
    sound = npm_run("run", "check")
    if sound.failed:
        return sound
    with TemporaryDirectory(prefix="antiphon-page-") as name:
        built = npm_run("run", "build", "--", "--outDir", name)
        return built if built.failed else verdict(_differences(Path(name), PAGE / KEPT))


def _version(node: str) -> tuple[int, ...]:
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    return tuple(int(part) for part in re.findall(r"\d+", said)[:2])


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


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
