"""What a known key allows whoever shows it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from openai.types import realtime as oai

from antiphon.errors import NotPermitted


class Holder(Enum):
    """Whose key it is."""

    INSTALLATION = auto()
    CLIENT = auto()
    PAGE = auto()


@dataclass(frozen=True, slots=True)
class Grant:
    """`owner` names whose calls these are; `updates` are what sessions under this key begin with."""

    holder: Holder
    owner: str
    updates: tuple[oai.SessionUpdateEvent, ...] = ()

    def controls(self, owner: str) -> bool:
        """Return whether it may hang up or listen in to a call of `owner`."""
        return self.holder is Holder.INSTALLATION or self.owner == owner

    def check_services(self) -> None:
        """Raise `NotPermitted` unless it opens more than sessions: an ephemeral key has been in a browser."""
        if self.holder is not Holder.INSTALLATION:
            raise NotPermitted(
                "an ephemeral key opens sessions only; this needs the key that was made when the appliance "
                "first started",
                reason="KEY_SCOPE",
            )
