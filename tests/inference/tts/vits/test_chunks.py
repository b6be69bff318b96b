"""In which pieces frames are decoded, and what surrounds them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.tts.vits.chunks import (
    FIRST_FRAMES,
    MAX_FRAMES,
    Chunk,
    decoder_context,
    flow_context,
    lengths,
    plan,
    surrounded,
)


def test_pieces_grow() -> None:
    assert [chunk.end - chunk.first for chunk in plan(5, 500)] == [20, 40, 80, 160, 160, 35]


@given(st.integers(0, 2000), st.integers(0, 2000))
def test_pieces_cover_all_once(first: int, length: int) -> None:
    chunks = list(plan(first, first + length))
    frames = [frame for chunk in chunks for frame in range(chunk.first, chunk.end)]
    assert frames == list(range(first, first + length))
    assert all(chunk.end - chunk.first <= MAX_FRAMES for chunk in chunks)
    assert not chunks or chunks[0] == Chunk(first, first + min(length, FIRST_FRAMES))


@given(st.integers(0, 1000), st.integers(1, 200), st.integers(0, 500), st.booleans())
def test_a_window_holds_its_chunk_and_all_around_it(
    first: int, length: int, rest: int, shared: bool
) -> None:
    frames = first + length + rest
    sizes = lengths(MAX_FRAMES, 12) if shared else ()
    window = surrounded(Chunk(first, first + length), frames, 12, sizes)
    assert 0 <= window.first <= max(0, first - 12)
    assert min(frames, first + length + 12) <= window.end <= frames
    taken = window.end - window.first
    assert taken in sizes or taken <= length + 24
    if shared and length + 24 <= max(sizes) <= frames:
        assert taken in sizes


def test_the_beginnings_of_all_clauses_are_computed_alike() -> None:
    sizes = lengths(MAX_FRAMES, 12)
    assert sizes == (44, 64, 104, 184)
    windows = {surrounded(Chunk(first, first + 20), 300, 12, sizes) for first in range(12)}
    assert windows == {Chunk(0, 44)}
    # The rest of a clause is widened towards what was already computed.
    assert surrounded(Chunk(265, 300), 300, 12, sizes) == Chunk(236, 300)


def test_flow_context() -> None:
    assert flow_context(flows=4, layers=4, kernel=5, dilation_rate=1) == 32
    assert flow_context(flows=1, layers=3, kernel=3, dilation_rate=2) == 1 + 2 + 4


@pytest.mark.parametrize(
    ("kernels", "dilations", "inner", "frames"),
    [
        # Piper's "medium": 3 + 1.5 + 45/8 + ... = 11.2
        ((3, 5, 7), ((1, 2), (2, 6), (3, 12)), False, 12),
        # HiFi-GAN V1's blocks, of type 1: 15 more taps a block of 11
        ((3, 7, 11), ((1, 3, 5),) * 3, True, 14),
    ],
)
def test_decoder_context(
    kernels: tuple[int, ...], dilations: tuple[tuple[int, ...], ...], inner: bool, frames: int
) -> None:
    found = decoder_context((8, 8, 4), (16, 16, 8), kernels, dilations, inner_convolutions=inner)
    assert found == frames
