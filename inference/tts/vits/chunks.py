"""In which pieces a clause's latent frames are decoded, and how much of its surroundings a piece needs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

# 20 frames are 232 ms of sound at 22,050 Hz, longer than the next, larger piece takes to decode. Beyond
# 160 the context on both sides costs little more, and other callers would wait longer for their turn.
FIRST_FRAMES = 20
MAX_FRAMES = 160
GROWTH = 2


@dataclass(frozen=True, slots=True)
class Chunk:
    """Frames from `first` up to but not including `end`."""

    first: int
    end: int


def plan(first: int, end: int) -> Iterator[Chunk]:
    """Yield the chunks that cover `first` to `end`, each twice the last up to the largest."""
    size = FIRST_FRAMES
    while first < end:
        yield Chunk(first, min(first + size, end))
        first, size = first + size, min(size * GROWTH, MAX_FRAMES)


def surrounded(chunk: Chunk, frames: int, context: int, lengths: Sequence[int] = ()) -> Chunk:
    """Return the frames that `chunk` is computed from: with its context, as far as the clause has any.

    `lengths`, shortest first: widened to the first of them that holds it and that the clause has room for,
    so that it can be computed with windows of other calls. More context than is needed changes no sample.
    """
    first, end = max(0, chunk.first - context), min(frames, chunk.end + context)
    fitting = (length for length in lengths if end - first <= length <= frames)
    length = next(fitting, end - first)
    first = max(0, end - length)
    return Chunk(first, first + length)


def lengths(largest: int, context: int) -> tuple[int, ...]:
    """Return the few lengths of window that calls share where they are computed together."""
    return tuple(largest // part + 2 * context for part in (8, 4, 2, 1))


def flow_context(flows: int, layers: int, kernel: int, dilation_rate: int) -> int:
    """Return how many frames on each side reach through that many WaveNets, one after the other."""
    reach = [(kernel - 1) // 2 * int(dilation_rate**layer) for layer in range(layers)]
    return flows * sum(reach)


def decoder_context(
    rates: Sequence[int],
    up_kernels: Sequence[int],
    kernels: Sequence[int],
    dilations: Sequence[Sequence[int]],
    *,
    inner_convolutions: bool,
) -> int:
    """Return how many input frames on each side reach an output sample of a HiFi-GAN generator.

    `inner_convolutions`: residual blocks of type 1 put an undilated convolution after each dilated one.
    """
    reach = 3.0  # the first convolution has 7 taps
    steps = 1  # in one frame, at the stage's rate
    for rate, up_kernel in zip(rates, up_kernels, strict=True):
        reach += (up_kernel - rate) / 2 / rate / steps + 1 / steps
        steps *= rate
        blocks = zip(kernels, dilations, strict=True)
        reach += max(_block(k, d, inner_convolutions) for k, d in blocks) / steps
    return math.ceil(reach + 3 / steps)  # and so has the last


def _block(kernel: int, dilations: Sequence[int], inner: bool) -> int:
    half = (kernel - 1) // 2
    return sum(half * dilation + (half if inner else 0) for dilation in dilations)
