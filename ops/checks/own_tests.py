"""Each module is covered by its own test file: `inference/asr/vad.py` by `tests/inference/asr/test_vad.py`.

A line counts if a test of that file ran it, or if importing the module did. What other tests run does not
count, nor what a child process runs: a reader must find a module's behaviour stated in one place. The
idea is websockets' `maxi_cov.py`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import coverage

from ops.checks.outcome import Outcome, failed, verdict
from ops.settings import REPOSITORY

NEEDED_SHARE = 0.9
# Where packages are, and where under tests/ the tests of each are.
ROOTS = {
    "proto/antiphon": "proto",
    "models": "models",
    "inference": "inference",
    "server": "server",
    "ops": "ops",
}
# Generated code; and examples, which are run whole, by the interpreters of the clients that they show.
OTHERS = re.compile(r"_pb2(_grpc)?\.py$|^ops/examples/")


def check(data_files: Iterable[Path]) -> Outcome:
    """Judge every module by what the suites recorded."""
    files = list(data_files)
    missing = [path.name for path in files if not path.exists()]
    if missing:
        return failed(f"no {', '.join(missing)}: the suite did not run to its end")
    recorded = together(files)
    return verdict([fault for module in modules() if (fault := fault_of(module, recorded))])


def together(data_files: Iterable[Path]) -> coverage.Coverage:
    """Return what all suites recorded; of each line, the tests that ran it."""
    whole = coverage.Coverage(data_file=None)
    for path in data_files:
        data = coverage.CoverageData(str(path))
        data.read()
        whole.get_data().update(data)
    return whole


def modules() -> list[str]:
    """Return every module of ours that has tests of its own, with the repository as root."""
    found = [
        path.relative_to(REPOSITORY).as_posix()
        for root in ROOTS
        for path in (REPOSITORY / root).rglob("*.py")
    ]
    return sorted(name for name in found if not OTHERS.search(name))


def places(module: str) -> list[str]:
    """Return where the tests of `module` may be: one name, or two for a package's `__init__`."""
    root = next(root for root in ROOTS if module.startswith(f"{root}/"))
    inside = Path("tests", ROOTS[root], Path(module).relative_to(root))
    folder, stem = inside.parent, inside.stem
    if stem == "__init__":
        names = [folder / f"test_{folder.name}.py", folder.with_name(f"test_{folder.name}.py")]
    else:
        names = [folder / f"test_{stem.strip('_')}.py"]
    return [name.as_posix() for name in names]


def fault_of(module: str, recorded: coverage.Coverage) -> str:
    """Return what is wrong with the coverage of `module`, or nothing."""
    own = [name for name in places(module) if (REPOSITORY / name).exists()]
    statements, missing = _lines(REPOSITORY / module, own, recorded)
    if not statements or (not own and module.endswith("__init__.py") and len(statements) == 1):
        return ""
    if not own:
        return f"{module}: has no test file {places(module)[0]}"
    share = 1 - len(missing) / len(statements)
    if share >= NEEDED_SHARE:
        return ""
    return f"{module}: {share:.0%} covered by {own[0]}, not run: {_ranges(sorted(missing))}"


def _lines(path: Path, own: list[str], recorded: coverage.Coverage) -> tuple[set[int], set[int]]:
    """Return a module's statements, and those that its own tests did not run."""
    data = recorded.get_data()
    data.set_query_contexts(None)
    statements, missing = _analyse(recorded, path)
    # Whichever test was the first to import it.
    imported = statements - _in_functions(path) - missing
    if own:
        data.set_query_contexts([f"^{re.escape(name)}::" for name in own])
        missing = _analyse(recorded, path)[1]
    else:
        missing = statements
    return statements, missing - imported


def _analyse(recorded: coverage.Coverage, path: Path) -> tuple[set[int], set[int]]:
    _, statements, _, missing, _ = recorded.analysis2(str(path))
    return set(statements), set(missing)


def _in_functions(path: Path) -> set[int]:
    """Return the lines of all function bodies: the others run when the module is imported."""
    bodies = [
        node.body
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    return {
        line
        for body in bodies
        for line in range(body[0].lineno, (body[-1].end_lineno or body[-1].lineno) + 1)
    }


def _ranges(lines: list[int]) -> str:
    return ", ".join(_grouped(lines))


def _grouped(lines: list[int]) -> Iterator[str]:
    start = previous = lines[0]
    for line in [*lines[1:], -1]:
        if line != previous + 1:
            yield str(start) if start == previous else f"{start}-{previous}"
            start = line
        previous = line
