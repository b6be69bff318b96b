"""Node's packages, in the folders of this repository that have a lock of theirs."""

from __future__ import annotations

import re
import shutil
import subprocess
from hashlib import sha256
from pathlib import Path

from ops.checks import command
from ops.checks.outcome import Outcome, passed, skipped

# Vite 8's and vitest 4's.
OLDEST_NODE = (20, 19)


def packages(folder: Path) -> Outcome:
    """Install the packages of the lock in `folder`, unless they are there; skipped where Node is not."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return skipped("Node is not installed")
    version = _version(node)
    if version < OLDEST_NODE:
        return skipped(f"needs Node {_dotted(OLDEST_NODE)}, and this is {_dotted(version)}")
    stamp = folder / "node_modules/.lock-stamp"
    wanted = sha256((folder / "package-lock.json").read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return passed()
    outcome = npm_run(folder, "ci", "--prefer-offline", "--no-audit", "--no-fund")
    if outcome.passed:
        stamp.write_text(wanted)
    return outcome


def npm_run(folder: Path, *arguments: str | Path) -> Outcome:
    """Run npm in `folder`."""
    return command.run(["npm", "--prefix", folder, *arguments])


def _version(node: str) -> tuple[int, ...]:
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    return tuple(int(part) for part in re.findall(r"\d+", said)[:2])


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))
