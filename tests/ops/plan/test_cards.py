from __future__ import annotations

import pytest

from antiphon.errors import InvalidInput
from ops.plan.cards import DRIVER_MIB, card_named, card_of, known_cards


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("L4", "L4"),
        ("l40s", "L40S"),
        ("NVIDIA L4", "L4"),
        ("NVIDIA A100", "A100-40GB"),
        ("NVIDIA A100-SXM4-80GB", "A100-80GB"),
        ("NVIDIA H100 80GB HBM3", "H100"),
        ("a100", "A100-40GB"),
        ("A100 80GB", "A100-80GB"),
        ("a100-80", "A100-80GB"),
        ("H100", "H100"),
    ],
)
def test_a_card_is_known_as_people_call_it(said: str, meant: str) -> None:
    assert card_named(said).name == meant


@pytest.mark.parametrize("said", ["T4", "L", "", "A1000"])
def test_another_is_refused_with_those_there_are(said: str) -> None:
    with pytest.raises(InvalidInput, match=r"L4, L40S, A100-40GB.*--memory-gib N"):
        card_named(said)


def test_of_any_other_the_memory_will_do() -> None:
    card = card_of(24)
    assert (card.name, card.memory_mib) == ("24 GiB", 24 * 1024)
    assert card.usable_mib == 24 * 1024 - DRIVER_MIB


def test_no_known_card_offers_less_than_one_of_its_size_is_taken_to() -> None:
    for card in known_cards().values():
        assert card.usable_mib >= card.memory_mib - DRIVER_MIB


@pytest.mark.parametrize("gib", [0, -1, 0.5, float("nan"), float("inf"), 1e9])
def test_what_is_no_memory_is_refused(gib: float) -> None:
    with pytest.raises(InvalidInput, match="--memory-gib"):
        card_of(gib)
