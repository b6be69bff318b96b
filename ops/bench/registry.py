"""The benchmarks there are."""

from __future__ import annotations

from importlib import import_module

from antiphon.errors import NotFound
from ops.bench.bench import Bench

# Each is `BENCH` in ops/bench/NAME.py, imported only when it runs.
NAMES = (
    "asr",
    "tts",
    "llm",
    "floor",
    "turns",
    "interrupt",
    "loss",
    "peers",
    "load",
    "capacity",
    "batch",
    "soak",
    "chaos",
)


def find(name: str) -> Bench:
    """Return the benchmark `name`; raise `NotFound` with those that there are."""
    if name not in NAMES:
        raise NotFound(f"there is no benchmark {name!r}; there are: {', '.join(NAMES)}")
    bench = import_module(f"ops.bench.{name}").BENCH
    assert isinstance(bench, Bench)
    return bench
