"""Nobody speaks: when the agent asks whether anybody is there, and when it says goodbye. Pure."""

from __future__ import annotations

from server.floor import events as ev
from server.floor.rules import Rules


class Silence:
    """How long it has been silent, and what was said about it; `leaving` once that was the farewell."""

    def __init__(self) -> None:
        self._since_s: float | None = None
        self._reprompts = 0
        self.leaving = False

    def watch(self, at_s: float, *, silent: bool) -> None:
        """Note whether it is silent now."""
        if not silent:
            self._since_s = None
        elif self._since_s is None:
            self._since_s = at_s

    def due_s(self, rules: Rules) -> float | None:
        """Return when something should be said about it."""
        if self._since_s is None or rules.reprompt_ms is None:
            return None
        return self._since_s + rules.reprompt_ms / 1000

    def forget(self) -> None:
        """Begin anew: the caller is there."""
        self._reprompts, self.leaving = 0, False

    def recital(self, rules: Rules) -> ev.Recite:
        """Return what is said about it next: so many re-prompts, then the farewell."""
        if self._reprompts < rules.reprompts:
            self._reprompts += 1
            return ev.Recite(ev.Recital.REPROMPT, self._reprompts - 1)
        self.leaving = True
        return ev.Recite(ev.Recital.FAREWELL)
