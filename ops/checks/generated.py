"""The code generated from the contract: made again, and compared with what is committed.

`ops/generate` writes it. The generator's version is pinned in ops/locks/main.txt: newer ones write code
that cannot be imported beside the protobuf that other clients need.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from ops.checks.outcome import Outcome, failed, verdict
from ops.settings import REPOSITORY

ROOT = REPOSITORY / "proto"
FOLDER = Path("antiphon/v1")
PATTERNS = ("*_pb2.py", "*_pb2.pyi", "*_pb2_grpc.py")


def generate(target: Path) -> str:
    """Write the code of every .proto under `target`; return what the compiler had to say, if it failed."""
    protos = sorted(str(path.relative_to(ROOT)) for path in (ROOT / FOLDER).glob("*.proto"))
    options = [f"--{kind}={target}" for kind in ("python_out", "pyi_out", "grpc_python_out")]
    done = subprocess.run(
        [sys.executable, "-m", "grpc_tools.protoc", f"-I{ROOT}", *options, *protos],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stderr if done.returncode else ""


def check() -> Outcome:
    """Compare what is committed with what the contract gives today."""
    with TemporaryDirectory() as name:
        target = Path(name)
        problem = generate(target)
        if problem:
            return failed(problem)
        return verdict(_differences(target / FOLDER, ROOT / FOLDER))


def _differences(fresh: Path, committed: Path) -> list[str]:
    expected, found = _files(fresh), _files(committed)
    return [
        f"{FOLDER / name} is not what the contract gives: run ops/generate"
        for name in sorted(expected.keys() | found.keys())
        if expected.get(name) != found.get(name)
    ]


def _files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for pattern in PATTERNS for path in folder.glob(pattern)}


def main() -> int:
    """Write the code where it is committed."""
    problem = generate(ROOT)
    if problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
