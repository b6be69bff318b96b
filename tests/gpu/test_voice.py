"""The voice on a card: the sound that it has on a CPU, whole or in pieces."""

from __future__ import annotations

import asyncio
import math
import warnings
from pathlib import Path
from time import perf_counter
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from antiphon.audio import Float32
from inference.tts.bridge import BridgedEngine
from inference.tts.normalise import normalise
from inference.tts.stage import alone
from inference.tts.vits.chunks import plan
from inference.tts.vits.latent import Latent
from inference.tts.vits.voice import VitsVoice, decode_chunk
from inference.tts.work import Work
from tests.inference.tts.vits.networks import Spelling
from tests.weights import weights

pytestmark = [pytest.mark.gpu, pytest.mark.model]
FRAMES = 400
# 107 was seen on an H200, and 43 to 49 where its convolutions rounded to 11 bits.
SAME_SNR_DB = 90
# On one device only the order of additions differs.
BATCHED_SNR_DB = 100
CALLS = 8
CLAUSES = 5
TEXT = "Thank you for calling, the payment that you made last week has now arrived in your account."


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
    noise_power = float(((reference - heard) ** 2).mean())
    if not noise_power:  # the very same samples, as pieces and their whole may be
        return math.inf
    return float(10 * math.log10((reference**2).mean() / noise_power))


def test_durations_and_prior(card: Any, processor: Any) -> None:
    ids = np.arange(3, 43, dtype=np.int64)[None]
    there, here = (one.encode(ids, noise(1, 2, 40), 1.0) for one in (card, processor))
    assert np.abs(there.frames - here.frames).max() < 0.01  # of frames that are 12 ms long
    assert np.abs(there.mean - here.mean).max() < 1e-3
    assert np.abs(there.log_scale - here.log_scale).max() < 1e-3


def test_sound(card: Any, processor: Any) -> None:
    prior = noise(1, 192, FRAMES)
    there, here = (one.decode(one.flow(prior)) for one in (card, processor))
    assert there.shape == here.shape == (1, FRAMES * 256)
    assert snr_db(here, there) > SAME_SNR_DB


def test_pieces_are_the_whole(coqui: ModuleType, card: Any, checkpoint: Path) -> None:
    prior = noise(1, 192, FRAMES)
    profile = coqui.profile(coqui.load(checkpoint))
    latent = Latent(card, prior, profile.flow_context_frames)
    pieces = [alone(decode_chunk(card, profile, latent, chunk)) for chunk in plan(0, FRAMES)]
    assert len(pieces) > 3
    assert snr_db(card.decode(card.flow(prior))[0], np.concatenate(pieces)) > SAME_SNR_DB


@pytest.mark.parametrize("frames", [44, 104, 184])  # windows that calls share
def test_calls_computed_in_one_are_what_each_is_alone(card: Any, frames: int) -> None:
    prior = noise(CALLS, 192, frames)
    together = card.decode(card.flow(prior))
    for call in range(CALLS):
        each = card.decode(card.flow(prior[call : call + 1]))
        assert snr_db(each[0], together[call]) > BATCHED_SNR_DB


def test_throughput(
    coqui: ModuleType, card: Any, checkpoint: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    voice = VitsVoice(card, coqui.profile(coqui.load(checkpoint)), Spelling(), aligned=True)
    spoken_for(voice, CALLS, most=CALLS)  # warm
    one, many = spoken_for(voice, 1, most=1), spoken_for(voice, CALLS, most=CALLS)
    apart = spoken_for(voice, CALLS, most=1)
    with capsys.disabled():
        print(
            f"\nspeech, s a s: 1 call {one:.0f}; {CALLS} calls {many:.0f}, not batched {apart:.0f}"
        )
    assert min(one, many, apart) > 1  # or a single caller would run dry


def spoken_for(voice: VitsVoice, calls: int, *, most: int) -> float:
    """Return how many seconds of speech are made a second for so many calls at once."""

    async def call(engine: BridgedEngine) -> int:
        work, samples = Work(), 0
        for _ in range(CLAUSES):
            work.ask()
            async for step in engine.speak(normalise(TEXT), 1.0, work.deadline):
                work.add(step, engine.info.sample_rate_hz)
                samples += len(step.piece.samples)
        return samples

    async def main() -> float:
        engine = BridgedEngine(voice, most)  # its thread is ended; the voice is used again
        started = perf_counter()
        samples = await asyncio.gather(*(call(engine) for _ in range(calls)))
        seconds = perf_counter() - started
        engine.close()
        return sum(samples) / voice.info.sample_rate_hz / seconds

    return asyncio.run(main())
