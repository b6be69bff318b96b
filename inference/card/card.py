"""A card as it is found, what an engine needs of it, and what keeps the two apart. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# NVIDIA, CUDA Compatibility, table 1: the first driver that runs what was built with a CUDA of that number.
DRIVERS = {12: (525,), 13: (580,)}


@dataclass(frozen=True, slots=True)
class Card:
    """What NVML tells of one card."""

    name: str
    memory_mib: int
    free_mib: int
    driver: str
    capability: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Need:
    """What one service needs: memory, a driver for the CUDA that its engine was built with, a capability."""

    service: str
    mib: int
    cuda: int
    capability: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, and what to do about it."""

    what: str
    mend: str

    @property
    def line(self) -> str:
        """Both, as one line."""
        return f"{self.what}; {self.mend}"


def faults(card: Card, need: Need) -> Iterator[Fault]:
    """Yield what keeps a service from running on `card`, what no memory would mend first."""
    if card.capability < need.capability:
        yield Fault(
            f"{card.name} has compute capability "
            f"{_dotted(card.capability)}, and [{need.service}] needs {_dotted(need.capability)}",
            'use a newer card, or an engine for the CPU (profile = "cpu")',
        )
    oldest = DRIVERS[need.cuda]
    if version(card.driver) < oldest:
        yield Fault(
            f"the NVIDIA driver here is {card.driver}, and [{need.service}] needs {_dotted(oldest)} or "
            f"later for CUDA {need.cuda}",
            "update the driver on this host; the container brings CUDA, not the driver",
        )
    if card.free_mib < need.mib:
        yield _too_small(card, need)


def version(driver: str) -> tuple[int, ...]:
    """Return a driver's version in numbers; `(0,)` of what has none."""
    return tuple(int(number) for number in re.findall(r"\d+", driver)) or (0,)


def _too_small(card: Card, need: Need) -> Fault:
    taken_mib = card.memory_mib - card.free_mib
    free = f"{card.name} has {_gib(card.free_mib)} GiB free of {_gib(card.memory_mib)}"
    what = f"{free}, and [{need.service}] needs {_gib(need.mib)}"
    fits = f"see what fits: antiphon plan --memory-gib {_gib(card.memory_mib)}"
    if card.memory_mib < need.mib:
        return Fault(what, fits)
    return Fault(what, f"end what holds {_gib(taken_mib)} GiB there, or {fits}")


def _gib(mib: int) -> str:
    return f"{mib / 1024:.1f}"


def _dotted(numbers: tuple[int, ...]) -> str:
    return ".".join(map(str, numbers))
