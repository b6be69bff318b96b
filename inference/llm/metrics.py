"""What the language model measures of itself, for Prometheus."""

from __future__ import annotations

from enum import StrEnum
from time import perf_counter

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from antiphon.observability.registry import BUCKETS_S
from inference.llm.engine import Event, Finish, Usage
from inference.llm.gate import Gate
from inference.llm.watch import UNWATCHED, RequestWatch, Watch


class Token(StrEnum):
    """Read; of these, found in the cache; written."""

    PROMPT = "prompt"
    CACHED = "cached"
    COMPLETION = "completion"


class Metrics:
    """A `Watch` that measures. Every series is there from the start."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._first_token = Histogram(
            "antiphon_llm_first_token_seconds",
            "From a request's arrival to its first output, the wait for the engine included.",
            buckets=BUCKETS_S,
            registry=registry,
        )
        self._tokens = Counter(
            "antiphon_llm_tokens",
            "Tokens of answers that came to their end; cached ones are prompt tokens too.",
            ["kind"],
            registry=registry,
        )
        self._running = Gauge("antiphon_llm_running", "Requests in the engine.", registry=registry)
        self._waiting = Gauge(
            "antiphon_llm_waiting", "Requests that wait for the engine.", registry=registry
        )
        for kind in Token:
            self._tokens.labels(kind)

    def load(self, gate: Gate) -> None:
        """See `Watch`."""
        self._running.set_function(lambda: gate.running)
        self._waiting.set_function(lambda: gate.waiting)

    def asked(self) -> RequestWatch:
        """See `Watch`."""
        return _Request(self)

    def begun(self, seconds: float) -> None:
        """Note how long a request's first output took."""
        self._first_token.observe(seconds)

    def used(self, usage: Usage) -> None:
        """Note the tokens of an answer."""
        self._tokens.labels(Token.PROMPT).inc(usage.prompt_tokens)
        self._tokens.labels(Token.CACHED).inc(usage.cached_tokens)
        self._tokens.labels(Token.COMPLETION).inc(usage.completion_tokens)


class _Request:
    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._asked_s = perf_counter()
        self._begun = False

    def output(self, event: Event) -> None:
        """See `RequestWatch`."""
        if not self._begun:
            self._begun = True
            self._metrics.begun(perf_counter() - self._asked_s)
        if isinstance(event, Finish):
            self._metrics.used(event.usage)


def watch_over(registry: CollectorRegistry | None) -> Watch:
    """Return who measures into `registry`, where there is one."""
    return UNWATCHED if registry is None else Metrics(registry)
