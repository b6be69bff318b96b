from __future__ import annotations

from dataclasses import replace

import pytest

from inference.card.card import Card, Need, faults, version

L4 = Card("NVIDIA L4", 23_034, 22_500, "580.95.05", (8, 9))
NEED = Need("asr", 4_000, 13, (8, 0))


def lines(card: Card, need: Need = NEED) -> list[str]:
    return [fault.line for fault in faults(card, need)]


def test_a_card_that_will_do() -> None:
    assert lines(L4) == []
    assert lines(replace(L4, free_mib=4_000)) == []


def test_an_old_card() -> None:
    [line] = lines(replace(L4, name="Tesla T4", capability=(7, 5)))
    assert line.startswith("Tesla T4 has compute capability 7.5, and [asr] needs 8.0; use a newer")


@pytest.mark.parametrize(
    ("driver", "cuda", "well"),
    [
        ("580.65.06", 13, True),
        ("570.172.08", 13, False),
        ("570.172.08", 12, True),
        ("470.42", 12, False),
        ("1000.1", 13, True),
        ("", 12, False),
    ],
)
def test_a_driver_of_an_age(driver: str, cuda: int, well: bool) -> None:
    found = lines(replace(L4, driver=driver), replace(NEED, cuda=cuda))
    assert bool(found) is not well
    if found:
        assert f"for CUDA {cuda}; update the driver on this host" in found[0]


def test_a_card_that_is_too_small_says_what_fits() -> None:
    [line] = lines(replace(L4, memory_mib=3_000, free_mib=2_900))
    assert line == (
        "NVIDIA L4 has 2.8 GiB free of 2.9, and [asr] needs 3.9; see what fits: "
        "antiphon plan --memory-gib 2.9"
    )


def test_a_card_that_others_hold_says_so_first() -> None:
    [line] = lines(replace(L4, free_mib=1_000))
    assert "; end what holds 21.5 GiB there, or see what fits: antiphon plan" in line


def test_what_no_memory_mends_comes_first() -> None:
    found = lines(replace(L4, capability=(6, 1), driver="450.1", free_mib=0))
    assert ["capability" in line for line in found] == [True, False, False]
    assert "driver" in found[1]


def test_versions_are_numbers() -> None:
    assert version("580.95.05") == (580, 95, 5)
    assert version("none") == (0,)
