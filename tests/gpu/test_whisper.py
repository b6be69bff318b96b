"""Whisper on a card: what it hears there is what it hears on a CPU."""

from __future__ import annotations

from pathlib import Path

import ctranslate2
import pytest

from inference.asr.engine import Speech
from inference.asr.whisper import Whisper, WhisperOptions
from tests.inference.asr.hearing import as_float, clip
from tests.speech import wrong_percent
from tests.weights import weights

pytestmark = [pytest.mark.gpu, pytest.mark.model]
SENTENCES = (
    "librispeech_test_other/3005-163389-0000.wav",
    "librispeech_test_other/3005-163389-0001.wav",
)


@pytest.fixture(scope="module")
def model() -> Path:
    if not ctranslate2.get_cuda_device_count():
        pytest.skip("CTranslate2 finds no CUDA device here")
    return weights("whisper-base")


@pytest.fixture(scope="module")
def processor(model: Path) -> Whisper:
    return Whisper(model, WhisperOptions(compute_type="float32", threads=2))


@pytest.mark.parametrize("compute_type", ["float16", "int8_float16"])
def test_hears_what_a_cpu_hears(model: Path, processor: Whisper, compute_type: str) -> None:
    card = Whisper(model, WhisperOptions("cuda", compute_type))
    for name in SENTENCES:
        speech = Speech(as_float(clip(name)), word_times=True)
        there, here = card.decode(speech), processor.decode(speech)
        assert there.language == here.language
        assert wrong_percent(here.text, there.text) <= 10
        assert [word.text for word in there.words][:3] == there.text.split()[:3]
        assert abs(there.words[-1].end_ms - here.words[-1].end_ms) < 100


def test_what_a_card_decodes_together_is_heard_as_alone(model: Path) -> None:
    card = Whisper(model, WhisperOptions("cuda", "float16", workers=3))
    speeches = [Speech(as_float(clip(name)), language="en") for name in SENTENCES * 4]
    together = card.decode_batch(speeches)
    alone = [card.decode_batch([speech])[0] for speech in speeches[:2]] * 4
    for one, other in zip(together, alone, strict=True):
        assert wrong_percent(other.text, one.text) <= 10
