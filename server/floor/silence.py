"""Nobody speaks: when the agent asks whether anybody is there, and when it says goodbye. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from server.floor import events as ev
from server.floor.rules import Rules

# Whoever waits for a tool is not silent. A client that owes its output for longer has forgotten the call:
# some never give one, and their callers would never be asked whether they are there.
TOOL_S = 300.0


@dataclass(frozen=True, slots=True)
class SilenceChanges:
    """How long a silent caller is waited for, 0 for ever, and how often asked; None is as usual."""

    wait_ms: float | None = None
    reprompts: int | None = None


WAITS_AS_USUAL = SilenceChanges()


class Silence:
    """How long it has been silent, and what was said about it."""

    def __init__(self) -> None:
        self._since_s: float | None = None
        self._awaits = False
        self._reprompts = 0

    def watch(self, at_s: float, *, silent: bool, awaits: bool = False) -> None:
        """Note whether it is silent now, and whether a function's output is awaited meanwhile."""
        if not silent:
            self._since_s = None
        elif self._since_s is None or awaits != self._awaits:
            self._since_s = at_s
        self._awaits = awaits

    def due_s(self, rules: Rules) -> float | None:
        """Return when something should be said about it."""
        if self._since_s is None or rules.reprompt_ms is None:
            return None
        patience_s = rules.reprompt_ms / 1000
        return self._since_s + (max(patience_s, TOOL_S) if self._awaits else patience_s)

    def forget(self) -> None:
        """Begin anew: the caller is there."""
        self._reprompts = 0

    def recital(self, rules: Rules) -> ev.Recite:
        """Return what is said about it next: so many re-prompts, then the farewell."""
        if self._reprompts < rules.reprompts:
            self._reprompts += 1
            return ev.Recite(ev.Recital.REPROMPT, self._reprompts - 1)
        return ev.Recite(ev.Recital.FAREWELL)
