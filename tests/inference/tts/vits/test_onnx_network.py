"""The exported graphs on onnxruntime compute what torch computes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inference.tts.vits.onnx_network import OnnxNetwork

pytestmark = pytest.mark.model
RANDOM = np.random.default_rng(1)


@pytest.fixture(scope="module")
def network(graphs: Mapping[str, Path]) -> OnnxNetwork:
    return OnnxNetwork(graphs, threads=1)


@pytest.mark.parametrize("phonemes", [5, 121])
def test_encode(network: OnnxNetwork, torch_network: Any, phonemes: int) -> None:
    ids = RANDOM.integers(3, 100, (1, phonemes))
    noise = RANDOM.standard_normal((1, 2, phonemes), np.float32) * np.float32(0.8)
    ours, theirs = network.encode(ids, noise, 1.5), torch_network.encode(ids, noise, 1.5)
    assert ours.frames.shape == (phonemes,)
    for one, other in [
        (ours.mean, theirs.mean),
        (ours.log_scale, theirs.log_scale),
        (ours.frames, theirs.frames),
    ]:
        assert np.allclose(one, other, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("frames", [1, 62, 300])
def test_flow_and_decode(network: OnnxNetwork, torch_network: Any, frames: int) -> None:
    latent = RANDOM.standard_normal((1, 192, frames), np.float32)
    assert np.abs(network.flow(latent) - torch_network.flow(latent)).max() < 1e-3
    sound = network.decode(latent)
    assert sound.shape == (1, frames * 256)
    assert np.abs(sound - torch_network.decode(latent)).max() < 1e-4


def test_a_window_of_an_array_is_taken(network: OnnxNetwork) -> None:
    latent = RANDOM.standard_normal((1, 192, 30), np.float32)
    window = latent[:, :, 5:25]
    assert np.array_equal(network.decode(window), network.decode(window.copy()))


@pytest.mark.parametrize("frames", [44, 104])
def test_calls_computed_in_one_are_what_each_is_alone(network: OnnxNetwork, frames: int) -> None:
    latent = RANDOM.standard_normal((3, 192, frames), np.float32)
    for part in (network.flow, network.decode):
        together = part(latent)
        for call in range(3):
            assert np.abs(together[call] - part(latent[call : call + 1])[0]).max() < 1e-6
