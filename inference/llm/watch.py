"""Who is told what the language model does."""

from __future__ import annotations

from typing import Protocol

from inference.llm.engine import Event
from inference.llm.gate import Gate


class RequestWatch(Protocol):
    """One request's, from the moment that it was asked."""

    def output(self, event: Event) -> None:
        """Note an event of the answer."""
        ...


class Watch(Protocol):
    """Called on the event loop, with each token: it must be quick, and must not raise."""

    def load(self, gate: Gate) -> None:
        """Ask `gate`, from any thread, how many requests are in the engine and wait for it."""
        ...

    def asked(self) -> RequestWatch:
        """Begin to watch a request."""
        ...


class Unwatched:
    """A `Watch`, and that of each request, that notes nothing."""

    def load(self, gate: Gate) -> None:
        """See `Watch`."""

    def asked(self) -> RequestWatch:
        """See `Watch`."""
        return self

    def output(self, event: Event) -> None:
        """See `RequestWatch`."""


UNWATCHED = Unwatched()
