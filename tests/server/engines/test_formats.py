from __future__ import annotations

import pytest

from antiphon.audio import Encoding
from antiphon.v1 import common_pb2
from server.engines.formats import ENCODINGS, audio_format
from server.realtime.session_config import FORMATS


@pytest.mark.parametrize(
    ("name", "encoding", "rate_hz"),
    [
        ("audio/pcm", common_pb2.AUDIO_ENCODING_PCM_S16LE, 24_000),
        ("audio/pcmu", common_pb2.AUDIO_ENCODING_MULAW, 8_000),
        ("audio/pcma", common_pb2.AUDIO_ENCODING_ALAW, 8_000),
    ],
)
def test_a_sessions_formats_in_the_contracts_words(
    name: str, encoding: common_pb2.AudioEncoding, rate_hz: int
) -> None:
    assert audio_format(FORMATS[name]) == common_pb2.AudioFormat(
        encoding=encoding, sample_rate_hz=rate_hz
    )


def test_every_encoding_has_its_own_name() -> None:
    assert set(ENCODINGS) == set(Encoding)
    assert len(set(ENCODINGS.values())) == len(ENCODINGS)
    assert common_pb2.AUDIO_ENCODING_UNSPECIFIED not in ENCODINGS.values()
