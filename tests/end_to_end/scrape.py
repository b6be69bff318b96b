"""What the processes of an appliance tell Prometheus."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.request import urlopen

from prometheus_client.parser import text_string_to_metric_families

Labels = frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Scrape:
    """One process's series at one moment."""

    series: dict[tuple[str, Labels], float]

    @classmethod
    def of(cls, port: int) -> Scrape:
        """Scrape what listens at `port` of this host."""
        with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as response:
            text = response.read().decode()
        return cls(
            {
                (sample.name, frozenset(sample.labels.items())): sample.value
                for family in text_string_to_metric_families(text)
                for sample in family.samples
            }
        )

    def value(self, name: str, **labels: str) -> float:
        """Return a series' value; fail where there is none."""
        return self.series[name, frozenset(labels.items())]

    def total(self, name: str) -> float:
        """Return the sum over all series of `name`."""
        found = [value for (each, _), value in self.series.items() if each == name]
        assert found, f"there is no {name}"
        return sum(found)
