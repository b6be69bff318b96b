"""What a graphics card says of itself through NVML, asked with each scrape; without one, nothing."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

log = logging.getLogger(__name__)

# No host has more, so no label has more values.
MOST_CARDS = 16


class Cards(Collector):
    """Reads memory and utilisation of each card; what one does not tell, as a MIG slice, is left out."""

    def __init__(self, nvml: Any) -> None:
        self._nvml = nvml

    def collect(self) -> Iterator[Metric]:
        """Yield what Prometheus is told."""
        used = GaugeMetricFamily(
            "antiphon_gpu_memory_used_bytes", "Memory in use on a card, by all.", labels=["gpu"]
        )
        total = GaugeMetricFamily("antiphon_gpu_memory_bytes", "Memory of a card.", labels=["gpu"])
        busy = GaugeMetricFamily(
            "antiphon_gpu_utilisation_ratio",
            "Share of the last moments in which a card computed, 0 to 1.",
            labels=["gpu"],
        )
        for number, card in self._cards():
            if (memory := self._ask(self._nvml.nvmlDeviceGetMemoryInfo, card)) is not None:
                used.add_metric([number], memory.used)
                total.add_metric([number], memory.total)
            if (rates := self._ask(self._nvml.nvmlDeviceGetUtilizationRates, card)) is not None:
                busy.add_metric([number], rates.gpu / 100)
        yield from (used, total, busy)

    def _cards(self) -> Iterator[tuple[str, Any]]:
        count = self._ask(self._nvml.nvmlDeviceGetCount) or 0
        for number in range(min(count, MOST_CARDS)):
            card = self._ask(self._nvml.nvmlDeviceGetHandleByIndex, number)
            if card is not None:
                yield str(number), card

    def _ask(self, question: Any, *about: Any) -> Any:
        try:
            return question(*about)
        except self._nvml.NVMLError:
            return None


def find_cards() -> Cards | None:
    """Return the cards of this host; None where there is no driver, or no library to ask it with."""
    try:
        import pynvml

        pynvml.nvmlInit()
    except ImportError:
        return None
    except pynvml.NVMLError as error:
        log.debug("no metrics of a graphics card: %s", error)
        return None
    return Cards(pynvml)
