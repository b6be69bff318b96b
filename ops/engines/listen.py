"""Sound in, text out: a whole recording through the recognition service, as fast as it can be heard."""

from __future__ import annotations

from collections.abc import Iterator

from antiphon.audio import RECOGNITION_RATE_HZ, Encoding, Int16, encode
from antiphon.v1 import common_pb2
from antiphon.v1 import recognizer_pb2 as pb
from antiphon.v1.recognizer_pb2_grpc import RecognizerStub
from ops.engines.blocking import connected

# A tenth of a second, as a caller's client might send: the service's own bound is ten times that.
CHUNK_SAMPLES = RECOGNITION_RATE_HZ // 10


def transcribe(address: str, samples: Int16, language: str = "") -> Iterator[pb.Final]:
    """Yield each utterance in `samples` (mono int16 at 16 kHz) as it is understood."""
    with connected(address, "speech recognition") as channel:
        for response in RecognizerStub(channel).Recognize(_requests(samples, language)):
            if response.HasField("final"):
                yield response.final


def _requests(samples: Int16, language: str) -> Iterator[pb.RecognizeRequest]:
    audio = common_pb2.AudioFormat(
        encoding=common_pb2.AUDIO_ENCODING_PCM_S16LE, sample_rate_hz=RECOGNITION_RATE_HZ
    )
    yield pb.RecognizeRequest(config=pb.RecognizeConfig(audio=audio, language=language))
    for start in range(0, len(samples), CHUNK_SAMPLES):
        chunk = samples[start : start + CHUNK_SAMPLES]
        yield pb.RecognizeRequest(audio=encode(chunk, Encoding.PCM_S16LE))
