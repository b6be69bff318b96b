from __future__ import annotations

import pytest

from antiphon import errors

LEAVES = errors.AntiphonError.__subclasses__()


@pytest.mark.parametrize("leaf", LEAVES)
def test_every_leaf_has_its_own_meaning(leaf: type[errors.AntiphonError]) -> None:
    error = leaf("text", param="x")
    assert (error.message, str(error), error.metadata) == ("text", "text", {"param": "x"})
    assert error.reason == leaf.default_reason != errors.AntiphonError.default_reason
    assert 400 <= error.http_status < 600
    assert leaf.status is not errors.AntiphonError.status


def test_a_reason_may_be_given() -> None:
    assert errors.InvalidInput("x", reason="SPLIT_SAMPLE").reason == "SPLIT_SAMPLE"


def test_statuses_are_distinct() -> None:
    assert len({leaf.status for leaf in LEAVES}) == len(LEAVES)
