"""An exchange as figures. Pure."""

from __future__ import annotations

from typing import Any

from ops.talk.exchange import Exchange

# Each hop: its name, and the mark at which it ends; it begins where the one before it ended.
HOPS = (
    ("caller silent until committed", "committed"),
    ("committed until final", "final"),
    ("final until generation started", "generation_started"),
    ("generation until first token", "first_token"),
    ("first token until first clause", "first_clause"),
    ("first clause until first audio", "first_audio"),
    ("first audio until sent", "audible"),
)


def hops(timeline_ms: dict[str, float]) -> list[tuple[str, float]]:
    """Return the hops of a turn, in order, with their durations in ms; marks that are missing are skipped.

    What was done on trust before the turn was committed took no time of the caller's: 0 ms.
    """
    found = []
    reached_ms = timeline_ms.get("speech_ended", 0.0)
    for name, mark in HOPS:
        if mark in timeline_ms:
            found.append((name, max(timeline_ms[mark] - reached_ms, 0.0)))
            reached_ms = max(timeline_ms[mark], reached_ms)
    return found


def as_json(exchange: Exchange) -> dict[str, Any]:
    """Return an exchange as `antiphon talk --json` prints it; times in ms."""
    return {
        "heard": exchange.heard,
        "answered": exchange.answered,
        "status": exchange.status,
        "problem": exchange.problem or None,
        "voice_to_voice_ms": _rounded(exchange.voice_to_voice_ms),
        "speech_ended_ms": _rounded(exchange.speech_ended_ms),
        "first_partial_ms": _rounded(exchange.partials[0].at_ms if exchange.partials else None),
        "partials": [
            {"at_ms": _rounded(partial.at_ms), "text": partial.text}
            for partial in exchange.partials
        ],
        "timeline_ms": exchange.timeline_ms,
        "hops_ms": {name: _rounded(value) for name, value in hops(exchange.timeline_ms)},
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
