"""The tasks of one session."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextvars import Context
from typing import Any, TypeVar

T = TypeVar("T")


class Ending(Exception):
    """The session ends: whatever was to begin in it does not."""


class Tasks(asyncio.TaskGroup):
    """A group that refuses new tasks with `Ending`, once it ends, or once it is told to `wind_up`.

    Whoever serves the session's line lives outside the group, and may ask for something in the time that
    its tasks take to clean up. The group says why it ends; that is no failure of its own.
    """

    def __init__(self) -> None:
        super().__init__()
        self._winding_up = False

    def wind_up(self) -> None:
        """Begin nothing any more."""
        self._winding_up = True

    def create_task(  # type: ignore[override]  # a generator is no coroutine of ours
        self,
        coro: Coroutine[Any, Any, T],
        *,
        name: str | None = None,
        context: Context | None = None,
    ) -> asyncio.Task[T]:
        """Begin `coro`; raise `Ending` where it is too late."""
        try:
            if not self._winding_up:
                return super().create_task(coro, name=name, context=context)
        except RuntimeError:  # the group's own word for that
            pass
        coro.close()
        raise Ending
