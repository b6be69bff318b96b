"""Bytes as FFmpeg reads them."""

from __future__ import annotations

import io
import random

import pytest

from antiphon.errors import InvalidInput
from server.sound import source
from server.sound.source import Held, Source

DATA = bytes(range(256)) * 4


def over(data: bytes = DATA, size: int = 100) -> Source:
    pieces = iter([data[at : at + size] for at in range(0, len(data), size)])
    return Source(lambda: next(pieces, b""))


def test_what_was_peeked_at_is_still_there() -> None:
    read = over()
    assert read.peek(250) == DATA[:250]
    taken = b""
    while piece := read.read(70):
        assert len(piece) <= 70
        taken += piece
    assert taken == DATA
    assert read.peek(9) == b""


def test_a_read_waits_for_no_more_than_the_next_bytes() -> None:
    asked = 0

    def more() -> bytes:
        nonlocal asked
        asked += 1
        return b"12345"

    assert Source(more).read(4096) == b"12345"
    assert asked == 1


def test_a_held_file_is_read_as_a_file_is() -> None:
    held, file = Held(over()), io.BytesIO(DATA)
    chance = random.Random(7)
    for _ in range(500):
        whence = chance.choice([0, 1, 2])
        offset = -chance.randrange(500) if whence == 2 else chance.randrange(500)
        assert held.seek(offset, whence) == file.seek(offset, whence)
        read = held.read(30)
        assert read == file.read(len(read)) and (read or not file.read(1))
        assert held.tell() == file.seek(held.tell())


def test_what_is_held_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "MAX_HELD_BYTES", 500)
    held = Held(over())
    assert held.read(10) == DATA[:10]
    with pytest.raises(InvalidInput, match="index"):
        held.seek(0, 2)
