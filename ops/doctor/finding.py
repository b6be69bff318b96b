"""What the doctor says about one thing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `mend` is a command, or a sentence where no command does it."""

    topic: str
    what: str
    mend: str = ""

    @property
    def amiss(self) -> bool:
        """Whether something has to be done."""
        return bool(self.mend)
