"""What is told about a voice, and where it is found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class VoiceCard:
    """A voice's entry in the catalogue, as callers see it."""

    name: str
    language: str  # BCP 47
    licence: str
    revision: str = ""
    description: str = ""
