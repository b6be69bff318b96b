"""One process under observation, as its settings say."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from prometheus_client import CollectorRegistry

from antiphon.observability.loop_lag import LoopLag, lag_histogram
from antiphon.observability.registry import new_registry
from antiphon.observability.scrapes import scraped
from antiphon.observability.settings import ObservabilitySettings
from antiphon.observability.spans import Spans


@dataclass(frozen=True, slots=True)
class Observed:
    """Where a process puts what it measures and its spans; None where nobody asks for them."""

    registry: CollectorRegistry | None
    spans: Spans | None = None

    async def lag(self, stop: asyncio.Event) -> None:
        """Measure how late this process's loop is, until `stop`."""
        if self.registry is None:
            return
        lag = LoopLag()
        lag.note = lag_histogram(self.registry).observe
        watching = asyncio.create_task(lag.watch())
        await stop.wait()
        watching.cancel()


@contextmanager
def observed(settings: ObservabilitySettings, service: str) -> Iterator[Observed]:
    """Tell for the length of the block what `settings` ask for, as `service`.

    Raises `Misconfigured` where a listener's address cannot be had, before anything else has begun.
    """
    with ExitStack() as closing:
        registry, spans = None, None
        if settings.metrics_address:
            registry = new_registry()
            closing.enter_context(scraped(settings.metrics_address, registry))
        if settings.traces_endpoint:
            # Imported here: OpenTelemetry takes 0.3 s and 15 MB, which a process without a collector saves.
            from antiphon.observability.traces import exporting

            spans = closing.enter_context(exporting(settings.traces_endpoint, service, registry))
        yield Observed(registry, spans)
