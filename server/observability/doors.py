"""Who comes, goes and finds no room, as Prometheus counts it."""

from __future__ import annotations

from itertools import product

from prometheus_client import CollectorRegistry, Counter, Gauge

from server.door import KeyShown, Refusal, SessionEnd, Transport, Wanted
from server.sessions import Sessions


class Doors:
    """A `Door` that counts. Every series is there from the start, at 0."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._sessions = Gauge(
            "antiphon_sessions",
            "Sessions, with those that wait for their client to come back.",
            registry=registry,
        )
        self._most = Gauge(
            "antiphon_sessions_max", "Sessions that there is room for.", registry=registry
        )
        self._ended = Counter(
            "antiphon_sessions_ended",
            "Sessions that are over, by what they began over, and why they ended.",
            ["transport", "end"],
            registry=registry,
        )
        self._refusals = Counter(
            "antiphon_refusals",
            "Callers who were sent away, by what they wanted, and why.",
            ["service", "reason"],
            registry=registry,
        )
        self._denials = Counter(
            "antiphon_keys_refused",
            "Callers without a key that is known, by what they showed.",
            ["key"],
            registry=registry,
        )
        for shown in KeyShown:
            self._denials.labels(shown)
        for transport, end in product(Transport, SessionEnd):
            self._ended.labels(transport, end)
        for wanted, why in product(Wanted, Refusal):
            self._refusals.labels(wanted, why)

    def watch(self, sessions: Sessions) -> None:
        """Tell how many `sessions` there are, whenever somebody asks."""
        self._sessions.set_function(lambda: sessions.held)
        self._most.set_function(lambda: sessions.max_sessions)

    def refused(self, wanted: Wanted, why: Refusal) -> None:
        """See `Door`."""
        self._refusals.labels(wanted, why).inc()

    def denied(self, shown: KeyShown) -> None:
        """See `Door`."""
        self._denials.labels(shown).inc()

    def ended(self, transport: Transport, end: SessionEnd) -> None:
        """See `Door`."""
        self._ended.labels(transport, end).inc()
