"""A piece of a card's memory, and what every process on a card takes before it computes anything."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

# The driver's context is 320 MiB (pytorch/pytorch#28394, Titan V) and with torch's kernels, loaded as they
# are used, some 300 MB (#107667); cuBLAS and cuDNN keep workspaces beside it. With this, one stream of
# large-v3-turbo comes to 2497 MB, where 2537 were seen (SYSTRAN/faster-whisper#1030).
PROCESS_MIB = 600


@dataclass(frozen=True, slots=True)
class Part:
    """So much memory for one purpose."""

    name: str
    mib: int


def known_mib(parts: Callable[[], Iterable[Part]]) -> int:
    """Return what they take together, 0 where the catalogue does not know it: no reason to refuse a model."""
    try:
        return total_mib(parts())
    except KeyError:
        return 0


def total_mib(parts: Iterable[Part]) -> int:
    """Return what all of `parts` take together."""
    return sum(part.mib for part in parts)
