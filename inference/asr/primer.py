"""Phrases that are likely to be said, as what Whisper is told was said before. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from inference.asr.engine import Phrase

# Each costs a step of the decoder's first pass. Whisper itself takes 223 at most.
MAX_PRIMER_TOKENS = 100


def primer(
    phrases: Sequence[Phrase], tokens_of: Callable[[str], list[int]], start_of_previous: int
) -> list[int]:
    """Return the tokens to put before a transcript's, none where there are no phrases.

    The most boosted come last, nearest to the transcript, and of equals the first told; the others are left
    out where not all fit.
    """
    kept: list[str] = []
    used = 0
    for phrase in sorted(phrases, key=lambda phrase: -phrase.boost):
        text = " ".join(phrase.text.split())
        cost = len(tokens_of(f" {text},"))
        if text and used + cost <= MAX_PRIMER_TOKENS:
            kept.append(text)
            used += cost
    if not kept:
        return []
    return [start_of_previous, *tokens_of(f" {', '.join(reversed(kept))}.")]
