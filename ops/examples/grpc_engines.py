"""The engines one by one over gRPC: hears a recording, has it answered, and speaks the answer.

    .venv/bin/python -m ops.examples.grpc_engines 127.0.0.1:50051 KEY question.wav answer.wav

`question.wav` is 16-bit mono at 8 to 48 kHz. What is needed: grpcio, and the code made from
proto/antiphon/v1.
"""

from __future__ import annotations

import sys
import wave
from collections.abc import Iterator

import grpc

from antiphon.v1.common_pb2 import AUDIO_ENCODING_PCM_S16LE, AudioFormat
from antiphon.v1.generator_pb2 import ROLE_USER, GenerateRequest, Message
from antiphon.v1.generator_pb2_grpc import GeneratorStub
from antiphon.v1.recognizer_pb2 import RecognizeConfig, RecognizeRequest
from antiphon.v1.recognizer_pb2_grpc import RecognizerStub
from antiphon.v1.synthesizer_pb2 import SynthesizeConfig, SynthesizeRequest
from antiphon.v1.synthesizer_pb2_grpc import SynthesizerStub

CHUNK_FRAMES = 16_000
ANSWER_HZ = 24_000


def main(address: str, key: str, question: str, answer: str) -> None:
    """Call the three services after one another."""
    metadata = (("authorization", f"Bearer {key}"),)
    with grpc.insecure_channel(address) as channel:
        heard = RecognizerStub(channel).Recognize(recorded(question), metadata=metadata)
        text = " ".join(event.final.text for event in heard if event.HasField("final"))
        print("heard: ", text)

        request = GenerateRequest(messages=[Message(role=ROLE_USER, content=text)])
        deltas = GeneratorStub(channel).Generate(request, metadata=metadata)
        reply = "".join(event.text.text for event in deltas)
        print("answer:", reply)

        chunks = SynthesizerStub(channel).Synthesize(written(reply), metadata=metadata)
        with wave.open(answer, "wb") as file:
            file.setparams((1, 2, ANSWER_HZ, 0, "NONE", ""))
            for chunk in chunks:
                file.writeframes(chunk.audio.audio)


def recorded(path: str) -> Iterator[RecognizeRequest]:
    """Yield a recording as fast as it is taken: nobody has to wait for real time."""
    with wave.open(path) as file:
        audio = AudioFormat(encoding=AUDIO_ENCODING_PCM_S16LE, sample_rate_hz=file.getframerate())
        yield RecognizeRequest(config=RecognizeConfig(audio=audio, language="en"))
        while frames := file.readframes(CHUNK_FRAMES):
            yield RecognizeRequest(audio=frames)


def written(text: str) -> Iterator[SynthesizeRequest]:
    """Yield a text to speak; a language model's deltas could come one by one."""
    audio = AudioFormat(encoding=AUDIO_ENCODING_PCM_S16LE, sample_rate_hz=ANSWER_HZ)
    yield SynthesizeRequest(config=SynthesizeConfig(audio=audio))
    yield SynthesizeRequest(text=text)


if __name__ == "__main__":
    main(*sys.argv[1:])
