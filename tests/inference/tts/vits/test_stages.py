"""The network's parts as stages: windows of one length are computed in one, each as it is alone."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from antiphon.audio import Float32
from inference.tts.stage import Making, Stage, alone, compute
from inference.tts.vits.network import Network
from inference.tts.vits.stages import decode, encode, flow
from tests.inference.tts.vits.networks import CountedNetwork

RANDOM = np.random.default_rng(1)


def asked(making: Making[Float32]) -> Stage[Float32, Float32]:
    return next(making)


@pytest.mark.parametrize("part", [flow, decode])
def test_together_as_alone(part: Callable[[Network, Float32], Making[Float32]]) -> None:
    network = CountedNetwork()
    latents = [RANDOM.standard_normal((1, 2, 30), np.float32) for _ in range(3)]
    stages = [asked(part(network, latent)) for latent in latents]
    assert len({stage.kind for stage in stages}) == 1
    compute(stages)
    assert network.calls == [3]
    for latent, stage in zip(latents, stages, strict=True):
        assert np.array_equal(stage.made, alone(part(network, latent)))


def test_other_lengths_and_other_parts_are_of_other_kinds() -> None:
    network = CountedNetwork()
    short, long = np.zeros((1, 2, 20), np.float32), np.zeros((1, 2, 21), np.float32)
    kinds = {
        asked(making).kind
        for making in (flow(network, short), flow(network, long), decode(network, short))
    }
    assert len(kinds) == 3


def test_a_text_is_encoded_alone() -> None:
    network = CountedNetwork()
    ids = np.array([[2, 5, 1]])
    making = encode(network, ids, np.zeros((1, 2, 3), np.float32), 1.0)
    assert next(making).kind is None
    encoded = alone(encode(network, ids, np.zeros((1, 2, 3), np.float32), 1.0))
    assert encoded.frames.shape == (3,)
    assert network.ids == [2, 5, 1]
