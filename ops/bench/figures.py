"""Samples into figures, and figures into what is printed. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

DECIMALS = 3


def percentiles(samples: Iterable[float], ranks: tuple[int, ...] = (50, 95)) -> dict[str, float]:
    """Return {"p50": ..., "p95": ...}; empty where there are no samples."""
    values = list(samples)
    if not values:
        return {}
    return {f"p{rank}": rounded(float(np.percentile(values, rank))) for rank in ranks}


def rounded(value: float) -> float:
    """Return `value` with as many decimals as a figure has."""
    return round(value, DECIMALS)


def string_keys(figures: Mapping[Any, Any]) -> dict[str, Any]:
    """Return `figures` with every key as text, so that 8 streams are `"8"` in Python as in JSON."""
    return {
        str(key): string_keys(value) if isinstance(value, Mapping) else value
        for key, value in figures.items()
    }


def flat(figures: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield ("first_audio_ratio.10", 0.31) for each figure, in order."""
    for key, value in figures.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            yield from flat(value, f"{name}.")
        else:
            yield name, value


def table(figures: Mapping[str, Any]) -> str:
    """Return the figures as aligned lines for people."""
    rows = [(name, _shown(value)) for name, value in flat(figures)]
    names = max((len(name) for name, _ in rows), default=0)
    values = max((len(value) for _, value in rows), default=0)
    return "\n".join(f"{name:<{names}}  {value:>{values}}" for name, value in rows)


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.{DECIMALS}f}".rstrip("0").rstrip(".")
    return "-" if value is None else str(value)
