from __future__ import annotations

from typing import Any

import pytest

from inference.asr.settings import AsrSettings
from inference.card.part import total_mib
from inference.card.recognition import (
    asr_need,
    longest_batch,
    piece_mib,
    recognition,
    shortest_batch,
)
from models.catalogue import Attention, load_catalogue

CATALOGUE = load_catalogue()
TURBO = CATALOGUE.entry("whisper-large-v3-turbo")


def took(**settings: Any) -> int:
    defaults = {"device": "cuda", "compute_type": "float16"}
    return total_mib(recognition(AsrSettings.model_validate({**defaults, **settings}), TURBO))


def test_eight_bits_save_nearly_half_of_the_weights() -> None:
    assert took() - took(compute_type="int8_float16") == pytest.approx(0.45 * 1543, abs=2)
    assert took(compute_type="float32") > took()


def test_larger_batches_take_more() -> None:
    sizes = [took(max_batch=n, max_batch_s=15.0 * n) for n in (2, 4, 8, 16, 32)]
    assert sizes == sorted(set(sizes))


@pytest.mark.parametrize(
    ("pieces", "seconds", "longest"), [(8, 30.0, 1), (8, 240.0, 8), (4, 1000.0, 4), (32, 10.0, 1)]
)
def test_the_longest_pieces_fill_a_batch_first(pieces: int, seconds: float, longest: int) -> None:
    assert longest_batch(AsrSettings(max_batch=pieces, max_batch_s=seconds)) == longest


def test_a_piece_takes_as_its_length_has_it_up_to_the_window() -> None:
    turbo = TURBO.attention
    assert turbo is not None
    assert piece_mib(turbo, 10) < piece_mib(turbo, 20) < piece_mib(turbo, 30)
    assert piece_mib(turbo, 40) == piece_mib(turbo, 30)
    assert piece_mib(Attention(layers=6, heads=8, head_dim=64), 30) < piece_mib(turbo, 30) / 2


@pytest.mark.parametrize("name", ["silero-vad", "en-us-ljspeech-vits"])
def test_a_model_of_which_too_little_is_known(name: str) -> None:
    with pytest.raises(KeyError):
        recognition(AsrSettings(), CATALOGUE.entry(name))


def test_only_what_computes_on_a_card_needs_one() -> None:
    assert asr_need(AsrSettings(), CATALOGUE) is None
    assert asr_need(AsrSettings(device="cuda", engine="simulated"), CATALOGUE) is None
    settings = AsrSettings(model=TURBO.name, device="cuda", compute_type="float16")
    need = asr_need(settings, CATALOGUE)
    assert need is not None
    assert (need.service, need.mib, need.cuda) == (
        "asr",
        total_mib(recognition(settings, TURBO)),
        12,
    )


def test_a_model_that_the_catalogue_knows_too_little_of_is_not_refused_for_that() -> None:
    need = asr_need(AsrSettings(model="en-us-joe-medium", device="cuda"), CATALOGUE)
    assert need is not None and need.mib == 0


def test_more_of_the_short_lanes_pieces_fill_a_batch() -> None:
    settings = AsrSettings(max_batch=8, max_batch_s=60.0, short_s=10.0)
    assert (shortest_batch(settings), longest_batch(settings)) == (6, 2)
