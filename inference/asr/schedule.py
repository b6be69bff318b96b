"""Who is decoded next, and together with whom. Pure: no clock but what it is told, no engine.

Live callers go before streams that run ahead of real time, and among them whoever waits for the end of an
utterance goes before partials. Equals share the engine by start-time fair queueing (Goyal et al. 1996): a
stream is charged for what it has decoded, and whoever was charged least is next, so that one who keeps the
engine busy gets its share and no more. Who is past its deadline gets every eighth turn whatever it is.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass

# Of the turns while somebody is overdue this one is theirs: a flood of finals slows no partial for ever, and
# is itself slowed by an eighth at most.
OVERDUE_TURN = 8
# What a decode costs beside its audio, as seconds of audio: 50 ms of CPU, where a second takes 90 to 100.
FIXED_COST_S = 0.5


@dataclass(frozen=True, slots=True)
class Ask:
    """A piece of speech, `seconds` long, that waits for its turn; `ticket` tells it from all others.

    It is charged to `stream`, which may be all of one caller's. The lower `urgency` goes first. `bulk` is
    what runs ahead of real time. Only what is of one `kind` can be decoded together. `deadline_s` is a time
    of the caller's clock.
    """

    ticket: int
    stream: Hashable
    urgency: int
    seconds: float
    deadline_s: float
    bulk: bool = False
    kind: Hashable = ()

    @property
    def cost(self) -> float:
        """What it is charged."""
        return self.seconds + FIXED_COST_S


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is decoded at once.

    At most `pieces`; all are padded to the longest of them, which may exceed the shortest by `extra_s`, and
    make up at most `seconds` then.
    """

    pieces: int = 1
    seconds: float = 30.0
    extra_s: float = 0.0


class Shares:
    """Start-time fair queueing among streams; the unit is a cost."""

    def __init__(self) -> None:
        self._now = 0.0  # virtual time: where the least charged of those who wait begins
        self._charged: dict[Hashable, float] = {}

    def start(self, stream: Hashable) -> float:
        """Return where in virtual time what `stream` asks next begins; the least is next."""
        return max(self._now, self._charged.get(stream, 0.0))

    def advance(self, waiting: Iterable[Hashable]) -> None:
        """Move virtual time on to the least charged of `waiting`; who was charged less is owed nothing."""
        self._now = min(map(self.start, waiting), default=max([self._now, *self._charged.values()]))
        self._charged = {stream: at for stream, at in self._charged.items() if at > self._now}

    def charge(self, stream: Hashable, cost: float) -> None:
        """Count what `stream` is served."""
        self._charged[stream] = self.start(stream) + cost


class Schedule:
    """Those who wait for an engine."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._waiting: dict[int, Ask] = {}
        # Apart, or what files are served while no caller waits would wipe out what callers owe each other.
        self._shares = {False: Shares(), True: Shares()}
        self._turns = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, ask: Ask) -> None:
        """Let `ask` wait."""
        self._waiting[ask.ticket] = ask

    def drop(self, ticket: int) -> None:
        """Let it wait no longer, where it does."""
        self._waiting.pop(ticket, None)

    def next(self, now_s: float, may: Callable[[Ask], bool] = lambda _: True) -> list[Ask]:
        """Take out and return whose turn it is at `now_s`, foremost first, of those who `may` have one.

        Who is then decoded, and not just let go, must be charged.
        """
        for kind, shares in self._shares.items():
            shares.advance(ask.stream for ask in self._waiting.values() if ask.bulk is kind)
        able = sorted(filter(may, self._waiting.values()), key=self._rank)
        if not able:
            return []
        batch = self._together(self._first(able, now_s), able)
        for ask in batch:
            del self._waiting[ask.ticket]
        return batch

    def charge(self, ask: Ask) -> None:
        """Count what is decoded against its stream."""
        self._shares[ask.bulk].charge(ask.stream, ask.cost)

    def _rank(self, ask: Ask) -> tuple[bool, int, float, float, int]:
        start = self._shares[ask.bulk].start(ask.stream)
        return ask.bulk, ask.urgency, start, ask.deadline_s, ask.ticket

    def _first(self, able: list[Ask], now_s: float) -> Ask:
        eldest = min(able, key=lambda ask: (ask.deadline_s, ask.ticket))
        if eldest.deadline_s > now_s:
            return able[0]
        self._turns = (self._turns + 1) % OVERDUE_TURN
        return able[0] if self._turns else eldest

    def _together(self, first: Ask, able: Iterable[Ask]) -> list[Ask]:
        """Return `first` and whoever goes with it: its equals, since they pay for each other's length."""
        batch = [first]
        for ask in able:
            alike = (ask.bulk, ask.urgency, ask.kind) == (first.bulk, first.urgency, first.kind)
            if ask is not first and alike and self._fits([*batch, ask]):
                batch.append(ask)
        return batch

    def _fits(self, batch: list[Ask]) -> bool:
        seconds = [ask.seconds for ask in batch]
        return (
            len(batch) <= self._limits.pieces
            and max(seconds) * len(batch) <= self._limits.seconds
            and max(seconds) - min(seconds) <= self._limits.extra_s
        )
