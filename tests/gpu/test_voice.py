"""The voice on a card: the sound that it has on a CPU, whole or in pieces."""

from __future__ import annotations

import warnings
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from antiphon.audio import Float32
from inference.tts.vits.chunks import plan
from inference.tts.vits.latent import Latent
from inference.tts.vits.voice import decode_chunk
from tests.weights import weights

pytestmark = [pytest.mark.gpu, pytest.mark.model]
FRAMES = 400
# 107 was seen on an H200, and 43 to 49 where its convolutions rounded to 11 bits.
SAME_SNR_DB = 90


@pytest.fixture(scope="module")
def coqui() -> ModuleType:
    torch = pytest.importorskip("torch", reason="torch is only in the environment .venv-tts")
    if not torch.cuda.is_available():
        pytest.skip("torch finds no CUDA device here")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # imports warn of much that is not ours
        from inference.tts.vits import coqui as module
    return module


@pytest.fixture(scope="module")
def checkpoint() -> Path:
    return weights("en-us-joe-medium")


@pytest.fixture(scope="module")
def card(coqui: ModuleType, checkpoint: Path) -> Any:
    return coqui.TorchNetwork(coqui.load(checkpoint), threads=1, device="cuda")


@pytest.fixture(scope="module")
def processor(coqui: ModuleType, checkpoint: Path) -> Any:
    return coqui.TorchNetwork(coqui.load(checkpoint), threads=1)


def noise(*shape: int) -> Float32:
    return np.random.default_rng(7).standard_normal(shape, np.float32)


def snr_db(reference: Float32, heard: Float32) -> float:
    return float(10 * np.log10((reference**2).mean() / ((reference - heard) ** 2).mean()))


def test_durations_and_prior(card: Any, processor: Any) -> None:
    ids = np.arange(3, 43, dtype=np.int64)[None]
    there, here = (one.encode(ids, noise(1, 2, 40), 1.0) for one in (card, processor))
    assert np.abs(there.frames - here.frames).max() < 0.01  # of frames that are 12 ms long
    assert np.abs(there.mean - here.mean).max() < 1e-3
    assert np.abs(there.log_scale - here.log_scale).max() < 1e-3


def test_sound(card: Any, processor: Any) -> None:
    prior = noise(1, 192, FRAMES)
    there, here = (one.decode(one.flow(prior)) for one in (card, processor))
    assert len(there) == len(here) == FRAMES * 256
    assert snr_db(here, there) > SAME_SNR_DB


def test_pieces_are_the_whole(coqui: ModuleType, card: Any, checkpoint: Path) -> None:
    prior = noise(1, 192, FRAMES)
    profile = coqui.profile(coqui.load(checkpoint))
    latent = Latent(card, prior, profile.flow_context_frames)
    pieces = [decode_chunk(card, profile, latent, chunk) for chunk in plan(0, FRAMES)]
    assert len(pieces) > 3
    assert snr_db(card.decode(card.flow(prior)), np.concatenate(pieces)) > SAME_SNR_DB
