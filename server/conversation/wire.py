"""Where a session's words go: to the line that is connected, or nowhere."""

from __future__ import annotations

from collections.abc import Callable

from server.conversation.outbox import Audio, Outbox, Outgoing


class Wire:
    """Outlives its lines. Without one, what is put is dropped: nobody is there to hear it.

    `on_audio` is called with audio that somebody is there to hear.
    """

    def __init__(self, on_audio: Callable[[bytes], None] = lambda _: None) -> None:
        self._on_audio = on_audio
        self._outbox: Outbox | None = None
        self.lead_ms = 0.0
        self.plays = False

    def connect(self, outbox: Outbox, lead_ms: float, *, plays: bool = False) -> None:
        """Send everything to `outbox` from now on, as `Line` has it; the one before is closed."""
        self.disconnect()
        self._outbox, self.lead_ms, self.plays = outbox, lead_ms, plays

    def disconnect(self) -> None:
        """Send nothing any more."""
        if self._outbox is not None:
            self._outbox.close()
            self._outbox = None

    async def put(self, *items: Outgoing) -> None:
        """Send `items` as `Outbox.put` does."""
        if self._outbox is None:
            return
        for item in items:
            if isinstance(item, Audio):
                self._on_audio(item.data)
        await self._outbox.put(*items)

    def drop_audio(self) -> None:
        """Throw away audio that has not left yet."""
        if self._outbox is not None:
            self._outbox.drop_audio()
