"""One transport's connection to a session: what comes from the client, and where its words go."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

from server.conversation.outbox import Outbox

# Audio in the session's input format, or one client event as JSON text.
Incoming = bytes | str


class LineLost(Exception):
    """The line broke: whoever was at its end may come back on another."""


async def _at_once() -> None:
    """Return at once, as a line over which is heard what is sent from its beginning on."""


@dataclass(frozen=True, slots=True)
class Line:
    """`incoming` ends where the client hangs up, and raises `LineLost` where the line breaks.

    `lead_ms` is how far ahead of the ear audio may be handed over: what the transport needs against its
    own jitter, and no more, since what is ahead is still heard after an interruption. `plays`: the
    client's program never holds the audio, as with WebRTC, and so must be told where a reply was cut; and
    audio is PCM at 24 kHz both ways, whatever the session asks for. `connected` returns once what is said
    can be heard.
    """

    incoming: AsyncIterator[Incoming]
    outbox: Outbox
    lead_ms: float
    plays: bool = False
    connected: Callable[[], Awaitable[None]] = _at_once
