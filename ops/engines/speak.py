"""Text in, sound out: a whole text through the synthesis service."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from antiphon.audio import Encoding, Int16, decode
from antiphon.errors import InvalidInput, NotFound, Unavailable
from antiphon.v1 import common_pb2
from antiphon.v1 import synthesizer_pb2 as pb
from antiphon.v1.synthesizer_pb2_grpc import SynthesizerStub
from ops.engines.blocking import connected

# At most 4 bytes a character in UTF-8: well inside the contract's 16 KiB a message.
PIECE_CHARS = 2000


def speak(
    address: str, text: str, voice: str = "", rate_hz: int | None = None
) -> tuple[Int16, int]:
    """Return `text` spoken, and the rate in Hz: the voice's own unless `rate_hz` says.

    Raises `InvalidInput` where the text has nothing to speak, `NotFound` for an unknown voice.
    """
    with connected(address, "speech synthesis") as channel:
        stub = SynthesizerStub(channel)
        chosen = _choose(stub.ListVoices(pb.ListVoicesRequest()), voice)
        rate = rate_hz or chosen.sample_rate_hz
        pieces = [
            decode(response.audio.audio, Encoding.PCM_S16LE)
            for response in stub.Synthesize(_requests(text, chosen.name, rate))
            if response.HasField("audio")
        ]
    if not any(len(piece) for piece in pieces):
        raise InvalidInput("the text holds nothing that can be spoken")
    return np.concatenate(pieces), rate


def _choose(listed: pb.ListVoicesResponse, name: str) -> pb.Voice:
    if not listed.voices:
        raise Unavailable("the speech synthesis service has no voice; see `antiphon status`")
    for voice in listed.voices:
        if name in ("", voice.name):
            return voice
    known = ", ".join(voice.name for voice in listed.voices)
    raise NotFound(f"there is no voice {name!r}; there are: {known}")


def _requests(text: str, voice: str, rate_hz: int) -> Iterator[pb.SynthesizeRequest]:
    audio = common_pb2.AudioFormat(
        encoding=common_pb2.AUDIO_ENCODING_PCM_S16LE, sample_rate_hz=rate_hz
    )
    yield pb.SynthesizeRequest(config=pb.SynthesizeConfig(voice=voice, audio=audio))
    for start in range(0, len(text), PIECE_CHARS):
        yield pb.SynthesizeRequest(text=text[start : start + PIECE_CHARS])
