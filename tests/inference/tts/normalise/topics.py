"""What one topic says for a text, for the tables of its tests."""

from __future__ import annotations

from inference.tts.normalise.found import Topic


def spoken(topic: Topic, text: str) -> dict[str, str]:
    """Return {written: said} of what the topic takes, the first of two that overlap."""
    taken: dict[str, str] = {}
    free = bytearray(b"\1" * len(text))
    for found in topic(text):
        assert found.start <= found.parts[0].start and found.parts[-1].end <= found.end
        if all(free[found.start : found.end]):
            free[found.start : found.end] = bytes(found.end - found.start)
            words = [" ".join(part.words) + part.mark for part in found.parts]
            taken[text[found.start : found.end]] = " ".join(words)
    return taken
