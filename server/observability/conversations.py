"""What comes of turns, as Prometheus counts it."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram

from antiphon.observability.registry import BUCKETS_S
from antiphon.observability.spans import TraceContext
from server.conversation.hops import Hop, hops, voice_to_voice
from server.conversation.observer import Interruption, Told
from server.conversation.outcome import Ending
from server.engines.failure import Engine, EngineFailure, FailureKind


class Conversations:
    """An `Observer` that counts. Every series is there from the start, at 0."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._turns = Counter(
            "antiphon_turns",
            "Replies whose end the client was told, by how they ended.",
            ["outcome"],
            registry=registry,
        )
        self._waits = Histogram(
            "antiphon_voice_to_voice_seconds",
            "From the caller's last voiced audio to the first audio of the answer leaving.",
            buckets=BUCKETS_S,
            registry=registry,
        )
        self._hops = Histogram(
            "antiphon_hop_seconds",
            "Disjoint pieces of voice to voice: what each hop took longer than all before it.",
            ["hop"],
            buckets=BUCKETS_S,
            registry=registry,
        )
        self._speculations = Counter(
            "antiphon_speculations",
            "Answers begun on trust, by whether they were heard.",
            ["result"],
            registry=registry,
        )
        self._interruptions = Counter(
            "antiphon_interruptions",
            "What speech over a reply did to it.",
            ["kind"],
            registry=registry,
        )
        self._failures = Counter(
            "antiphon_engine_failures",
            "Calls of conversations to an engine that failed, by how.",
            ["engine", "kind"],
            registry=registry,
        )
        self._retries = Counter(
            "antiphon_engine_retries",
            "Calls made once more after an engine failed.",
            ["engine"],
            registry=registry,
        )
        self._apologies = Counter(
            "antiphon_apologies", "Callers who were told that something failed.", registry=registry
        )
        self._begin()

    def begun(self) -> TraceContext | None:
        """See `Observer`: what is counted is not traced."""
        return None

    def told(self, turn: Told) -> None:
        """See `Observer`."""
        self._turns.labels(turn.ending).inc()
        if (wait_s := voice_to_voice(turn.marks)) is None:
            return
        self._waits.observe(wait_s)
        # Also what took no time: the sum over all hops is then voice to voice, and their counts are equal.
        lasted = hops(turn.marks)
        for hop in Hop:
            begin_s, end_s = lasted.get(hop, (0.0, 0.0))
            self._hops.labels(hop).observe(end_s - begin_s)

    def speculated(self, *, used: bool) -> None:
        """See `Observer`."""
        self._speculations.labels("used" if used else "wasted").inc()

    def interrupted(self, how: Interruption) -> None:
        """See `Observer`."""
        self._interruptions.labels(how).inc()

    def engine_failed(self, failure: EngineFailure) -> None:
        """See `Observer`."""
        self._failures.labels(failure.engine, failure.kind).inc()

    def retried(self, engine: Engine) -> None:
        """See `Observer`."""
        self._retries.labels(engine).inc()

    def apologised(self) -> None:
        """See `Observer`."""
        self._apologies.inc()

    def _begin(self) -> None:
        for ending in Ending:
            self._turns.labels(ending)
        for hop in Hop:
            self._hops.labels(hop)
        for result in ("used", "wasted"):
            self._speculations.labels(result)
        for kind in Interruption:
            self._interruptions.labels(kind)
        for engine in Engine:
            self._retries.labels(engine)
            for failure in FailureKind:
                self._failures.labels(engine, failure)
