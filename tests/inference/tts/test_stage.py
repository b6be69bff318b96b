"""Stages: what is computed together is what each would be alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from inference.tts.stage import AnyStage, Making, Stage, alone, compute, together, without_stages


class Doubler:
    """Doubles numbers; notes how many at once."""

    def __init__(self) -> None:
        self.batches: list[int] = []

    def run(self, given: Sequence[int]) -> list[int]:
        self.batches.append(len(given))
        return [2 * number for number in given]

    def stage(self, number: int) -> Stage[int, int]:
        return Stage("double", self.run, number)


def test_computed_in_one() -> None:
    doubler = Doubler()
    stages = [doubler.stage(number) for number in range(3)]
    compute(stages)
    assert [stage.made for stage in stages] == [0, 2, 4]
    assert doubler.batches == [3]


def test_a_run_that_loses_one_is_told() -> None:
    stages = [Stage(None, lambda given: given[:1], number) for number in range(2)]
    with pytest.raises(ValueError, match="shorter"):
        compute(stages)


def test_alone_returns_what_was_made() -> None:
    doubler = Doubler()

    def making() -> Making[int]:
        one, other = doubler.stage(1), doubler.stage(2)
        yield one
        yield other
        return one.made + other.made

    assert alone(making()) == 6
    assert doubler.batches == [1, 1]


def test_without_stages() -> None:
    doubler = Doubler()

    def mixed() -> Iterator[str | AnyStage]:
        yield "first"
        stage = doubler.stage(4)
        yield stage
        yield str(stage.made)

    assert list(without_stages(mixed())) == ["first", "8"]


def test_together_computes_in_one_what_several_need_alike() -> None:
    doubler = Doubler()
    made: list[int] = []

    def making(number: int, times: int) -> Iterator[str | AnyStage]:
        for _ in range(times):
            stage = doubler.stage(number)
            yield stage
            yield "a piece"
            made.append(stage.made)

    together([making(1, 1), making(2, 3), making(3, 2)])
    assert doubler.batches == [3, 2, 1]
    assert sorted(made) == [2, 4, 4, 4, 6, 6]


def test_together_computes_alone_what_is_of_no_kind() -> None:
    batches: list[int] = []

    def run(given: Sequence[int]) -> Sequence[int]:
        batches.append(len(given))
        return given

    together([iter([Stage(None, run, 1)]), iter([Stage(None, run, 2)])])
    assert batches == [1, 1]
