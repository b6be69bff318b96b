"""The calls that a gRPC server has in progress, and the end of letting others in."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress

from antiphon.errors import Unavailable

# Long enough for a reply in progress to be spoken to its end of sentence, short enough for Ctrl-C.
SHUTDOWN_GRACE_S = 3.0
# For those who are still there after their grace: to be told so, and to read it.
PARTING_S = 1.0
# Whoever asks how the process is must hear that it stops; these calls last as long as their clients.
ALWAYS = frozenset(
    {
        "grpc.health.v1.Health",
        "grpc.reflection.v1alpha.ServerReflection",
        "grpc.reflection.v1.ServerReflection",
    }
)


def stopping() -> Unavailable:
    """Return what a caller is told who comes too late, or is still there at the end."""
    return Unavailable("the appliance stops; connect again in a moment", reason="STOPPING")


class InFlight:
    """Counts calls; `admitting` are services that refuse by themselves what must not begin any more."""

    def __init__(self, admitting: Collection[str] = ()) -> None:
        self._admitting = admitting
        self._calls = 0
        self._draining = False
        self._none = asyncio.Event()

    @contextmanager
    def call(self, method: str) -> Iterator[None]:
        """Count a call of `method`, "/package.Service/Method"; raise `Unavailable` where it is too late."""
        service = method.removeprefix("/").rpartition("/")[0]
        if service in ALWAYS:
            yield
            return
        if self._draining and service not in self._admitting:
            raise stopping()
        self._calls += 1
        self._none.clear()
        try:
            yield
        finally:
            self._calls -= 1
            if not self._calls:
                self._none.set()

    async def drain(self, grace_s: float) -> None:
        """Let no new call in; return once those in progress have ended, or `grace_s` is over."""
        self._draining = True
        with suppress(TimeoutError):
            async with asyncio.timeout(grace_s):
                if self._calls:
                    await self._none.wait()
