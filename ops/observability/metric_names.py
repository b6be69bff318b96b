"""Which metrics a PromQL expression asks for. Pure."""

from __future__ import annotations

import re

# Of a histogram, and of a counter: prometheus_client names the metric without.
SUFFIXES = re.compile(r"_(?:bucket|sum|count|total)$")
OURS = re.compile(r"\bantiphon_\w+")


def asked(promql: str) -> set[str]:
    """Return our metrics in an expression, named as they are in the code."""
    return {SUFFIXES.sub("", name) for name in OURS.findall(promql)}
