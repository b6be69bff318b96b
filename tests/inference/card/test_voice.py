from __future__ import annotations

import pytest

from inference.card.part import total_mib
from inference.card.voice import tts_need, voice
from inference.tts.settings import TtsSettings
from models.catalogue import load_catalogue

CATALOGUE = load_catalogue()


def took(callers: int) -> int:
    settings = TtsSettings(device="cuda", runtime="torch", max_batch=callers)
    return total_mib(voice(settings, CATALOGUE.entry("en-us-ljspeech-vits")))


def test_the_text_encoder_takes_most_up_to_ten_callers() -> None:
    assert took(1) == took(8) == took(10)
    assert took(20) > took(10)
    assert took(40) - took(20) == took(60) - took(40)


def test_a_voice_that_no_card_is_known_to_hold() -> None:
    with pytest.raises(KeyError):
        voice(TtsSettings(), CATALOGUE.entry("en-us-joe-medium"))


def test_only_what_computes_on_a_card_needs_one() -> None:
    assert tts_need(TtsSettings(), CATALOGUE) is None
    cuda = TtsSettings(model="en-us-ljspeech-vits", device="cuda", runtime="torch")
    assert tts_need(cuda.model_copy(update={"engine": "simulated"}), CATALOGUE) is None
    need = tts_need(cuda, CATALOGUE)
    assert need is not None
    assert (need.service, need.mib, need.cuda) == ("tts", took(8), 13)
