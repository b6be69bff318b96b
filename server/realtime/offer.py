"""What the engines offer to sessions, as far as they have told. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from server.realtime.refusals import wrong

# Of the names that a refusal lists.
FEW = 8


@dataclass(slots=True)
class Offer:
    """One for all sessions, kept up to date while the engines run; of what is None everything passes.

    `voices` are those that there are; `simulates` is whether the recogniser hears what it is told to.
    """

    voices: tuple[str, ...] | None = None
    simulates: bool | None = None

    def check_voice(self, name: str, param: str) -> None:
        """Raise `InvalidInput` where no voice is called `name`; an empty one is the site's own."""
        if not name or self.voices is None or name in self.voices:
            return
        more = ", and more" if len(self.voices) > FEW else ""
        known = ", ".join(self.voices[:FEW]) or "none"
        raise wrong(param, f"no voice of this name; there are: {known}{more}")

    def check_simulation(self, param: str) -> None:
        """Raise `InvalidInput` where the recogniser listens."""
        if self.simulates is False:
            raise wrong(param, "for a simulated recogniser; this one listens: leave it out")


ANYTHING = Offer()
