"""What a sound is, by its first bytes."""

from __future__ import annotations

import pytest

from server.sound.kind import HEAD_BYTES, Kind, index_is_last, sniff
from tests.server.sound.files import file_of, film, indexed_first


@pytest.mark.parametrize("kind", Kind)
def test_each_kind_is_known_by_its_head(kind: Kind) -> None:
    assert sniff(file_of(kind)[:HEAD_BYTES]) is kind


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\xff\xfb\x90\x64", Kind.MP3),  # MPEG 1 layer 3, no ID3 tag before it
        (b"\xff\xf3\x40\xc0", Kind.MP3),  # MPEG 2
        (b"\xff\xf9\x50\x80", Kind.AAC),  # MPEG 2 ADTS without CRC
        (b"RF64\xff\xff\xff\xffWAVE", Kind.WAV),
        (b"RIFF\x00\x00\x00\x00AVI ", None),
        (b"#EXTM3U\nhttp://", None),
        (b"\xff\xe0\x00\x00", None),
        (b"\xff", None),
        (b"", None),
    ],
)
def test_a_head_by_hand(head: bytes, kind: Kind | None) -> None:
    assert sniff(head) is kind


def test_where_an_mp4_file_has_its_index() -> None:
    assert index_is_last(file_of(Kind.MP4)) is True
    assert index_is_last(film(sound=True)) is True
    assert index_is_last(indexed_first()) is False
    assert index_is_last(indexed_first()[:HEAD_BYTES]) is None


def test_a_box_without_an_end_has_nothing_behind_it() -> None:
    assert index_is_last(b"\x00\x00\x00\x00free") is True
