"""A sound that is decoded as it arrives; whatever it is, it ends, and so does its thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Coroutine
from contextlib import aclosing
from typing import Any, TypeVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from antiphon.audio import Int16
from antiphon.errors import InvalidInput, Unavailable
from server.sound.decoding import Kind, decode
from tests.server.sound.files import RATE_HZ, SECONDS, file_of, indexed_first, tone

T = TypeVar("T")
LIMIT_S = 20
EXAMPLES = 60


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run `main`; afterwards no decoder is left."""

    async def bounded() -> T:
        async with asyncio.timeout(LIMIT_S):
            return await main

    try:
        return asyncio.run(bounded())
    finally:
        assert "sound-decoder" not in {thread.name for thread in threading.enumerate()}


class Upload:
    """Gives `data` in chunks, and counts them."""

    def __init__(self, data: bytes, size: int = 1000, fails: bool = False) -> None:
        self.given = 0
        self._data = data
        self._size = size
        self._fails = fails

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for at in range(0, len(self._data), self._size):
            self.given = at + self._size
            yield self._data[at : self.given]
            yield b""  # it means nothing
        if self._fails:
            raise Unavailable("the line is cut")


def chunks(upload: Upload) -> AsyncIterator[bytes]:
    return aiter(upload)


async def all_of(data: bytes, kind: Kind | None = None, size: int = 1000) -> Int16:
    async with aclosing(decode(chunks(Upload(data, size)), kind)) as samples:
        return np.concatenate([piece async for piece in samples])


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("size", [7, 4096, 10**6])
def test_the_whole_sound_comes_out_however_it_is_cut(kind: Kind, size: int) -> None:
    samples = run(all_of(file_of(kind), kind, size))
    assert SECONDS * RATE_HZ <= len(samples) < (SECONDS + 0.25) * RATE_HZ


@pytest.mark.parametrize(
    "data", [*(file_of(kind) for kind in set(Kind) - {Kind.MP4}), indexed_first()]
)
def test_samples_come_out_before_the_last_bytes_are_in(data: bytes) -> None:
    async def main() -> None:
        upload = Upload(data)
        async with aclosing(decode(chunks(upload), None)) as samples:
            assert len(await anext(samples)) > 0
            assert upload.given < len(data)

    run(main())


def test_nothing_more_is_read_while_nobody_takes_samples() -> None:
    async def main() -> None:
        upload = Upload(file_of(Kind.WAV, 60))
        async with aclosing(decode(chunks(upload), None)) as samples:
            await anext(samples)
            given = upload.given
            await asyncio.sleep(0.05)
            assert upload.given == given < 200_000

    run(main())


def test_who_leaves_in_the_middle_leaves_no_thread() -> None:
    async def main() -> None:
        async with aclosing(decode(chunks(Upload(file_of(Kind.FLAC, 60))), None)) as samples:
            await anext(samples)

    run(main())


def test_cancelling_ends_the_thread_while_bytes_are_awaited() -> None:
    async def silent() -> AsyncIterator[bytes]:
        yield file_of(Kind.MP3)[:1000]
        await asyncio.Event().wait()

    async def main() -> None:
        async def take() -> None:
            async with aclosing(decode(silent(), None)) as samples:
                async for _ in samples:
                    pass

        task = asyncio.create_task(take())
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run(main())


def test_what_the_source_raises_passes_through() -> None:
    async def main() -> None:
        upload = Upload(file_of(Kind.OGG), fails=True)
        async with aclosing(decode(chunks(upload), None)) as samples:
            with pytest.raises(Unavailable, match="cut"):
                async for _ in samples:
                    pass

    run(main())


def test_a_sound_that_is_too_long_is_given_up_to_the_limit() -> None:
    async def main() -> None:
        got = 0
        upload = Upload(file_of(Kind.FLAC, 60))
        async with aclosing(decode(chunks(upload), None, limit_s=3)) as samples:
            with pytest.raises(InvalidInput) as told:
                async for piece in samples:
                    got += len(piece)
        assert (told.value.reason, got) == ("TOO_LONG", 3 * RATE_HZ)

    run(main())


def test_another_rate() -> None:
    async def main() -> int:
        pieces = decode(chunks(Upload(file_of(Kind.WAV))), Kind.WAV, rate_hz=8000)
        async with aclosing(pieces) as samples:
            return sum([len(piece) async for piece in samples])

    assert run(main()) == len(tone()) // 2


def samples_or_refusal(data: bytes, kind: Kind | None) -> None:
    try:
        samples = run(all_of(data, kind, 4096))
    except InvalidInput:
        return
    assert samples.dtype == np.int16 and samples.ndim == 1 and len(samples)


@settings(max_examples=EXAMPLES, deadline=None)
@given(data=st.binary(max_size=2000), kind=st.sampled_from([*Kind, None]))
def test_any_bytes_are_samples_or_refused(data: bytes, kind: Kind | None) -> None:
    samples_or_refusal(data, kind)


@settings(max_examples=EXAMPLES, deadline=None)
@given(data=st.binary(max_size=2000), kind=st.sampled_from(Kind))
def test_any_bytes_behind_a_true_head_are_samples_or_refused(data: bytes, kind: Kind) -> None:
    samples_or_refusal(file_of(kind)[:64] + data, kind)


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.data())
def test_a_mutated_file_is_samples_or_refused(data: st.DataObject) -> None:
    mutated = bytearray(file_of(data.draw(st.sampled_from(Kind))))
    # Headers are at the start and, in MP4, at the end.
    places = st.one_of(
        st.integers(0, 200),
        st.integers(0, len(mutated) - 1),
        st.integers(len(mutated) - 900, len(mutated) - 1),
    )
    for _ in range(data.draw(st.integers(1, 8))):
        mutated[data.draw(places)] = data.draw(st.integers(0, 255))
    cut = data.draw(st.one_of(st.just(len(mutated)), st.integers(0, len(mutated))))
    samples_or_refusal(bytes(mutated[:cut]), None)
