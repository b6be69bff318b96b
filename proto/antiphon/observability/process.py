"""One process under observation, as its settings say."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from prometheus_client import CollectorRegistry

from antiphon.observability.registry import new_registry
from antiphon.observability.scrapes import scraped
from antiphon.observability.settings import ObservabilitySettings


@dataclass(frozen=True, slots=True)
class Observed:
    """Where a process puts what it measures; None where nobody asks for it."""

    registry: CollectorRegistry | None


@contextmanager
def observed(settings: ObservabilitySettings) -> Iterator[Observed]:
    """Tell for the length of the block what `settings` ask for.

    Raises `Misconfigured` where a listener's address cannot be had, before anything else has begun.
    """
    with ExitStack() as closing:
        registry = None
        if settings.metrics_address:
            registry = new_registry()
            closing.enter_context(scraped(settings.metrics_address, registry))
        yield Observed(registry)
