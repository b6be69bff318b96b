"""The stages that a clause's sound goes through, so that those of several calls can be computed in one."""

from __future__ import annotations

from collections.abc import Callable, Generator, Hashable, Iterable, Iterator, Sequence
from typing import Any, Generic, TypeAlias, TypeVar

Given = TypeVar("Given")
Made = TypeVar("Made")
T = TypeVar("T")


class Stage(Generic[Given, Made]):
    """One computation that a clause needs before it can go on; computed once, and then it has its `made`.

    `run` takes what is given to any number of stages of this `kind`, and returns for each what it would
    have made of that alone. Stages of kind None are computed alone.
    """

    __slots__ = ("given", "kind", "made", "run")

    def __init__(
        self, kind: Hashable, run: Callable[[Sequence[Given]], Sequence[Made]], given: Given
    ) -> None:
        self.kind = kind
        self.run = run
        self.given = given
        self.made: Made


AnyStage: TypeAlias = Stage[Any, Any]  # whoever only schedules them does not look inside
Making: TypeAlias = Generator[
    AnyStage, None, T
]  # asks for stages, and returns what it made of them


def compute(stages: Sequence[AnyStage]) -> None:
    """Compute stages that are all of one kind."""
    for stage, made in zip(stages, stages[0].run([one.given for one in stages]), strict=True):
        stage.made = made


def alone(making: Making[T]) -> T:
    """Return what `making` makes, each stage computed when it is asked for."""
    while True:
        try:
            stage = next(making)
        except StopIteration as stopped:
            made: T = stopped.value
            return made
        compute([stage])


def together(makings: Iterable[Iterator[Any]]) -> None:
    """Run all of `makings` to their ends, side by side: what several need alike is computed in one."""
    going = list(makings)
    while going:
        waiting: dict[Hashable, list[AnyStage]] = {}
        still = []
        for number, one in enumerate(going):
            stage = next((item for item in one if isinstance(item, Stage)), None)
            if stage is not None:
                still.append(one)
                # What is of no kind is computed alone.
                kind = ("alone", number) if stage.kind is None else stage.kind
                waiting.setdefault(kind, []).append(stage)
        going = still
        for stages in waiting.values():
            compute(stages)


def without_stages(items: Iterator[T | AnyStage]) -> Iterator[T]:
    """Yield what is no stage, each stage computed when it is asked for."""
    for item in items:
        if isinstance(item, Stage):
            compute([item])
        else:
            yield item
