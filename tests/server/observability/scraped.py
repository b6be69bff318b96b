"""What a registry would tell Prometheus."""

from __future__ import annotations

from collections.abc import Mapping

from prometheus_client import CollectorRegistry


def value(registry: CollectorRegistry, name: str, **labels: str) -> float:
    """Return the value of a series, which there must be."""
    found = registry.get_sample_value(name, labels)
    assert found is not None, f"there is no {name}{labels}"
    return found


def labels(registry: CollectorRegistry) -> Mapping[str, set[str]]:
    """Return every value of every label, but for the edges of buckets, which are numbers of ours."""
    found: dict[str, set[str]] = {}
    for family in registry.collect():
        for sample in family.samples:
            for name, text in sample.labels.items():
                if name != "le":
                    found.setdefault(name, set()).add(text)
    return found
