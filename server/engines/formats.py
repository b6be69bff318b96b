"""A session's audio formats as the contract's."""

from __future__ import annotations

from antiphon.audio import Encoding
from antiphon.v1 import common_pb2
from server.realtime.session_config import WireFormat

ENCODINGS = {
    Encoding.PCM_S16LE: common_pb2.AUDIO_ENCODING_PCM_S16LE,
    Encoding.PCM_F32LE: common_pb2.AUDIO_ENCODING_PCM_F32LE,
    Encoding.MULAW: common_pb2.AUDIO_ENCODING_MULAW,
    Encoding.ALAW: common_pb2.AUDIO_ENCODING_ALAW,
}


def audio_format(wire: WireFormat) -> common_pb2.AudioFormat:
    """Return `wire` as the engine services name it."""
    return common_pb2.AudioFormat(encoding=ENCODINGS[wire.encoding], sample_rate_hz=wire.rate_hz)
