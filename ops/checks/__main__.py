"""Runs the checks, one line each; the last line counts."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from ops.checks.outcome import Outcome
from ops.checks.steps import Step, steps


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 0 if nothing failed. Each check and each test counts as one in the closing line."""
    options = _parse(arguments)
    with TemporaryDirectory(prefix="antiphon-checks-") as name:
        chosen = steps(Path(name), fast=options.fast)
        if options.only:
            unknown = set(options.only) - {step.name for step in chosen}
            if unknown:
                known = ", ".join(step.name for step in chosen)
                print(f"unknown: {', '.join(sorted(unknown))}; there are: {known}", file=sys.stderr)
                return 2
            chosen = [step for step in chosen if step.name in options.only]
        total = sum(_outcomes(chosen), start=Outcome())
    for reason, count in _by_reason(total.reasons):
        print(f"skipped {count}: {reason}")
    print(total)
    return 1 if total.failed else 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="ops/test", description=__doc__)
    parser.add_argument(
        "--fast", action="store_true", help="no real engines, environment main only"
    )
    parser.add_argument(
        "--only", action="append", metavar="NAME", help="only this check; repeatable"
    )
    return parser.parse_args(arguments)


def _outcomes(chosen: Sequence[Step]) -> Iterator[Outcome]:
    """Run the steps, neighbours that take one core two at a time; each is told in its turn."""
    for both, group in groupby(chosen, key=lambda step: step.both_cores):
        with ThreadPoolExecutor(1 if both else 2) as pool:
            for step, outcome, seconds in pool.map(_run, group):
                _tell(step, outcome, seconds)
                yield outcome


def _run(step: Step) -> tuple[Step, Outcome, float]:
    began = perf_counter()
    outcome = step.run()
    return step, outcome, perf_counter() - began


def _tell(step: Step, outcome: Outcome, seconds: float) -> None:
    mark = "FAILED" if outcome.failed else ("ok" if outcome.passed else "-")
    counted = f"  {outcome}" if outcome.passed + outcome.failed + outcome.skipped > 1 else ""
    print(f"{mark:<8}{step.name:<16}{seconds:7.1f} s{counted}", flush=True)
    if outcome.output:
        print(outcome.output.rstrip(), flush=True)


def _by_reason(reasons: Counter[str]) -> list[tuple[str, int]]:
    return sorted(reasons.items(), key=lambda item: (-item[1], item[0]))


if __name__ == "__main__":
    sys.exit(main())
