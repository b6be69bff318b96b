"""All that the gateway measures, put together."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from prometheus_client import CollectorRegistry, Gauge

from antiphon.observability.loop_lag import lag_histogram
from antiphon.observability.spans import Spans
from server.conversation.observer import UNOBSERVED, Observer
from server.door import UNWATCHED, Door
from server.engines.failure import Engine
from server.engines.pulse import Pulse
from server.engines.services import Pulses
from server.observability.conversations import Conversations
from server.observability.doors import Doors
from server.observability.media import Media
from server.observability.turn_traces import TurnTraces
from server.sessions import Sessions
from server.webrtc.peer import Note


class Process:
    """What is told of the process and of the engines that it needs."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._lag = lag_histogram(registry)
        self._ready = Gauge(
            "antiphon_engine_ready",
            "Whether an engine answers that it serves: 1 or 0.",
            ["engine"],
            registry=registry,
        )
        for engine in Engine:
            self._ready.labels(engine)

    def late(self, seconds: float) -> None:
        """Note how late the loop was."""
        self._lag.observe(seconds)

    def watch(self, pulses: Pulses) -> None:
        """Tell whether each engine serves, whenever somebody asks."""
        for engine in Engine:
            pulse: Pulse = getattr(pulses, engine)
            self._ready.labels(engine).set_function(partial(_ready, pulse))


@dataclass(frozen=True, slots=True)
class Watch:
    """Who is told of what; as it is made without arguments, nobody."""

    observer: Observer = UNOBSERVED
    door: Door = UNWATCHED
    note: Note | None = None
    process: Process | None = None

    @classmethod
    def over(cls, registry: CollectorRegistry | None, spans: Spans | None = None) -> Watch:
        """Return one that counts in `registry`, and has turns traced to `spans`, where there are any."""
        observer: Observer = UNOBSERVED if registry is None else Conversations(registry)
        if spans is not None:
            observer = TurnTraces(spans, observer)
        if registry is None:
            return cls(observer)
        return cls(observer, Doors(registry), Media(registry).note, Process(registry))

    def begin(self, sessions: Sessions, pulses: Pulses) -> None:
        """Tell of `sessions`, of the loop that they live on, and of the engines, whenever somebody asks."""
        if isinstance(self.door, Doors):
            self.door.watch(sessions)
        if self.process is not None:
            sessions.lag.note = self.process.late
            self.process.watch(pulses)


def _ready(pulse: Pulse) -> float:
    return float(pulse.ready)
