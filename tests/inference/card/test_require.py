"""Services refuse to start on a card that will not do, and only there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from antiphon.errors import Misconfigured
from inference.card.card import Card, Need
from inference.card.require import require

L4 = Card("NVIDIA L4", 23_034, 22_500, "580.95.05", (8, 9))
NEED = Need("asr", 30_000, 12, (7, 0))


def test_a_card_that_will_not_do_stops_the_start() -> None:
    with pytest.raises(Misconfigured, match=r"\[asr\] needs 29.3; see what fits") as refused:
        require(lambda _: NEED, lambda: L4)
    assert refused.value.reason == "CARD_UNFIT"
    with pytest.raises(Misconfigured, match=r"\[llm\] needs 580"):
        require(lambda _: Need("llm", 1, 13, (8, 0)), lambda: replace(L4, driver="570.1"))


def test_one_that_will_do_does_not() -> None:
    require(lambda card: replace(NEED, mib=card.free_mib), lambda: L4)


def test_nothing_is_refused_that_needs_no_card_or_where_none_can_be_asked() -> None:
    require(lambda _: None, lambda: replace(L4, free_mib=0))
    require(lambda _: NEED, lambda: None)
