"""Our own words, heard back through the caller's microphone. Pure."""

from __future__ import annotations

from difflib import SequenceMatcher

from server.floor.backchannel import Words

# A single word said back is an answer more often ("On Monday?" - "Monday.") than our own voice.
MIN_WORDS = 2
# An echo is heard badly: a word in three may be wrong.
MIN_SHARE = 0.66
# Words that were missed in between. More room, and the common words of any sentence fit anywhere.
SPARE_WORDS = 1


def is_echo(heard: Words, spoken: Words) -> bool:
    """Return whether `heard` is, but for errors, a piece of what was `spoken`."""
    if len(heard) < MIN_WORDS:
        return False
    size = len(heard) + SPARE_WORDS
    pieces = (spoken[start : start + size] for start in range(max(len(spoken) - size, 0) + 1))
    return any(_in_common(heard, piece) >= MIN_SHARE * len(heard) for piece in pieces)


def _in_common(heard: Words, piece: Words) -> int:
    blocks = SequenceMatcher(None, piece, heard, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks)
