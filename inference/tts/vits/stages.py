"""The parts of a network as stages that calls take together.

Flow and decoder take windows of one length at once: each row is what it would be alone, to the last bit on
onnxruntime. The text encoder takes a text alone: no two are of one length, and it runs once a clause.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from antiphon.audio import Float32
from inference.tts.stage import Making, Stage
from inference.tts.vits.network import Encoded, Ids, Network


def encode(network: Network, ids: Ids, noise: Float32, stretch: float) -> Making[Encoded]:
    """See `Network.encode`."""
    stage = Stage(
        None, lambda given: [network.encode(*one) for one in given], (ids, noise, stretch)
    )
    yield stage
    return stage.made


def flow(network: Network, latent: Float32) -> Making[Float32]:
    """See `Network.flow`; one call's (1, channels, frames)."""
    return (yield from _together("flow", network.flow, latent))


def decode(network: Network, latent: Float32) -> Making[Float32]:
    """See `Network.decode`; one call's samples, (1, frames * hop)."""
    return (yield from _together("decode", network.decode, latent))


def _together(part: str, through: Callable[[Float32], Float32], values: Float32) -> Making[Float32]:
    def run(given: Sequence[Float32]) -> list[Float32]:
        return np.split(through(np.concatenate(given)), len(given))

    stage = Stage((part, values.shape), run, values)
    yield stage
    return stage.made
