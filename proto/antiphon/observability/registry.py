"""What all processes have in common of what they measure."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, ProcessCollector

from antiphon.observability.gpu import find_cards

# Edges where the goals are: a conversation is good up to 0.5 s and bearable up to 0.75. Between 0.1 and 1 s a
# quantile is told to within 50 ms; what an engine does takes less, what has gone wrong more.
BUCKETS_S = (
    *(0.005, 0.01, 0.025, 0.05, 0.075),
    *(0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75),
    *(0.8, 0.9, 1.0, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0),
)
# Of what waits for nobody: queues of an idle machine, a timer of the event loop, a packet on a good network.
SHORT_BUCKETS_S = (
    *(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08),
    *(0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1.0, 2.5, 5.0, 10.0),
)
# Pieces that are computed together.
BATCH_BUCKETS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 128, 256)


def new_registry() -> CollectorRegistry:
    """Return a registry with what is told of every process (memory, descriptors, CPU) and of the cards."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    if (cards := find_cards()) is not None:
        registry.register(cards)
    return registry
