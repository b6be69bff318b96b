from __future__ import annotations

import pytest

from antiphon.errors import NotFound
from ops.bench.bench import Bench
from ops.bench.registry import NAMES, find


def test_an_unknown_one_is_told_with_those_there_are() -> None:
    with pytest.raises(NotFound, match=f"no benchmark 'x'; there are: {', '.join(NAMES)}"):
        find("x")


@pytest.mark.parametrize("name", NAMES)
def test_each_says_what_it_measures(name: str) -> None:
    bench = find(name)
    assert isinstance(bench, Bench)
    assert bench.measures
