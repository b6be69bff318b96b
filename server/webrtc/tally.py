"""What became of a stream's packets, added up here so that counting costs each packet next to nothing."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from enum import StrEnum


class Fate(StrEnum):
    """What may become of a packet of audio.

    `LATE` are of the `LOST` those that came after all. `RECOVERED` and `CONCEALED` is what was put in the
    place of others: from the next packet's copy, and made up, 20 ms a piece.
    """

    RECEIVED = "received"
    LATE = "late"
    LOST = "lost"
    RECOVERED = "recovered"
    CONCEALED = "concealed"


# 10 s of packets: whoever takes the tally does so every second.
MAX_DELAYS = 500


@dataclass(slots=True)
class Tally:
    """Since it was last taken: packets by their fate, and how long each waited in the buffer, in ms."""

    received: int = 0
    late: int = 0
    lost: int = 0
    recovered: int = 0
    concealed: int = 0
    delays_ms: list[float] = field(default_factory=list)

    def waited(self, delay_ms: float) -> None:
        """Note that a packet was given out after `delay_ms`."""
        if len(self.delays_ms) < MAX_DELAYS:
            self.delays_ms.append(delay_ms)

    def fates(self) -> dict[Fate, int]:
        """Return the numbers by fate."""
        return {Fate(each.name): getattr(self, each.name) for each in fields(self)[:-1]}
