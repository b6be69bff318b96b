"""The flow, run only as far as it is needed, gives what it gives for the whole."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from inference.tts.stage import alone
from inference.tts.vits.chunks import Chunk, lengths
from inference.tts.vits.latent import STEP_FRAMES, Latent
from tests.inference.tts.vits.networks import PROFILE, CountedNetwork

RANDOM = np.random.default_rng(1)


@given(st.integers(1, 700), st.lists(st.integers(1, 200), max_size=8), st.booleans())
def test_windows_are_those_of_the_whole(frames: int, steps: list[int], aligned: bool) -> None:
    prior = RANDOM.standard_normal((1, 2, frames), np.float32)
    whole = CountedNetwork().flow(prior)
    latent = Latent(CountedNetwork(), prior, PROFILE.flow_context_frames, aligned=aligned)
    assert latent.frames == frames
    end = 0
    for step in steps:
        first, end = max(0, end - 5), min(frames, end + step)
        window = alone(latent.window(Chunk(first, end)))
        assert np.allclose(window, whole[:, :, first:end], atol=1e-6)


def test_the_first_window_waits_for_little() -> None:
    network = CountedNetwork()
    latent = Latent(network, np.zeros((1, 2, 1000), np.float32), 32)
    for first, end in ((0, 30), (20, 70), (60, 200)):
        alone(latent.window(Chunk(first, end)))
    assert network.flowed == [30 + 32, 30 + STEP_FRAMES + 32]


def test_aligned_windows_are_of_few_lengths() -> None:
    network = CountedNetwork()
    for frames in (400, 401, 463, 530):
        latent = Latent(network, np.zeros((1, 2, frames), np.float32), 32, aligned=True)
        for first in range(0, frames, 40):
            alone(latent.window(Chunk(first, min(frames, first + 44))))
    assert set(network.flowed) <= set(lengths(STEP_FRAMES, 32))
