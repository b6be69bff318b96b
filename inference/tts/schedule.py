"""Which of the work that waits is done next, and what is done in one with it. Pure.

The most urgent goes first, whoever asked for it: a new caller, who has heard nothing, before the later pieces
of those who still have audio. What is batched with it never holds it back: only what already waits, is of the
same kind, and most urgent of that.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Hashable
from dataclasses import dataclass
from itertools import count
from typing import Generic, TypeVar

Work = TypeVar("Work")


@dataclass(frozen=True, slots=True)
class _Waiting(Generic[Work]):
    deadline: float
    number: int  # of arrival, among those of one deadline
    kind: Hashable
    work: Work

    @property
    def urgency(self) -> tuple[float, int]:
        return self.deadline, self.number


class Schedule(Generic[Work]):
    """Holds at most one piece of work a call, so the bound on calls is its bound."""

    def __init__(self) -> None:
        self._waiting: list[_Waiting[Work]] = []  # most urgent first
        self._numbers = count()

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, work: Work, kind: Hashable, deadline: float) -> None:
        """Let `work` wait; `kind` is None where it can only be done alone."""
        one = _Waiting(deadline, next(self._numbers), kind, work)
        insort(self._waiting, one, key=lambda waiting: waiting.urgency)

    def take(self, most: int) -> list[Work]:
        """Take out the most urgent work and, `most` in all, the next urgent of its kind."""
        if not self._waiting:
            return []
        first = self._waiting[0]
        fitting = [one for one in self._waiting if one.kind == first.kind]
        taken = fitting[: 1 if first.kind is None else most]
        numbers = {one.number for one in taken}
        self._waiting = [one for one in self._waiting if one.number not in numbers]
        return [one.work for one in taken]

    def clear(self) -> list[Work]:
        """Take out all that waits."""
        everything = [one.work for one in self._waiting]
        self._waiting = []
        return everything
