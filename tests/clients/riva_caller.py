"""NVIDIA's own client, of whatever version, through all that it calls.

    .venv-riva/bin/python -m tests.clients.riva_caller HOST:PORT KEY RECORDING FLAC OPUS

The three files hold the same speech, the first as WAV. One line of JSON says what came of it.
"""

from __future__ import annotations

import json
import sys
import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import riva.client
from riva.client.proto import riva_asr_pb2, riva_tts_pb2

from ops.examples.riva_client import connect, follow, transcribe

PAUSE_S = 1.5
PIECE_FRAMES = 1600
TEXT = "Good morning. The doctor is in."
# So that it is not the end of what is sent that ends an utterance.
SILENT_MS = 5000


def files(auth: riva.client.Auth, paths: list[str]) -> list[str]:
    """Return what is said in each, with nothing told of what it is: as Pipecat's segmented service asks."""
    service = riva.client.ASRService(auth)
    config = riva.client.RecognitionConfig(language_code="en-US")
    answers = [service.offline_recognize(Path(path).read_bytes(), config) for path in paths]
    return ["".join(r.alternatives[0].transcript for r in answer.results) for answer in answers]


def words(auth: riva.client.Auth, recording: str) -> list[tuple[str, int, int, float]]:
    """Return the words of a recording, with their times."""
    service = riva.client.ASRService(auth)
    config = riva.client.RecognitionConfig(language_code="en-US", enable_word_time_offsets=True)
    answer = service.offline_recognize(Path(recording).read_bytes(), config)
    heard = answer.results[0].alternatives[0].words
    return [(word.word, word.start_time, word.end_time, word.confidence) for word in heard]


def twice(auth: riva.client.Auth, recording: str) -> list[str]:
    """Return the finals of a stream in which a recording is spoken twice, as raw samples."""
    with wave.open(recording) as file:
        rate_hz, samples = file.getframerate(), file.readframes(file.getnframes())
    pause = bytes(2 * round(PAUSE_S * rate_hz))
    config = riva.client.StreamingRecognitionConfig(
        config=riva.client.RecognitionConfig(
            encoding=riva.client.AudioEncoding.LINEAR_PCM,
            language_code="en-US",
            sample_rate_hertz=rate_hz,
        )
    )
    riva.client.add_endpoint_parameters_to_config(config, -1, -1.0, 320, -1, -1.0, -1.0)
    pieces = _pieces(samples + pause + samples + pause)
    responses = riva.client.ASRService(auth).streaming_response_generator(pieces, config)
    return [result.alternatives[0].transcript for each in responses for result in each.results]


def forced(auth: riva.client.Auth, recording: str) -> int:
    """Return how many finals come of one recording where the client ends an utterance in its middle."""
    with wave.open(recording) as file:
        rate_hz, samples = file.getframerate(), file.readframes(file.getnframes())
    config = riva_asr_pb2.RecognitionConfig(
        encoding=riva.client.AudioEncoding.LINEAR_PCM,
        language_code="en-US",
        sample_rate_hertz=rate_hz,
        endpointing_config=riva_asr_pb2.EndpointingConfig(stop_history=SILENT_MS),
    )

    def requests() -> Iterator[Any]:
        request = riva_asr_pb2.StreamingRecognizeRequest
        streaming = riva_asr_pb2.StreamingRecognitionConfig(config=config)
        yield request(streaming_config=streaming)
        middle = len(samples) // 4 * 2
        for piece in _pieces(samples[:middle]):
            yield request(audio_content=piece)
        yield request(audio_content=b"", runtime_config={"force_eou": "true"})
        for piece in _pieces(samples[middle:]):
            yield request(audio_content=piece)

    stub = riva.client.ASRService(auth).stub
    responses = stub.StreamingRecognize(requests(), metadata=auth.get_auth_metadata())
    return sum(result.is_final for each in responses for result in each.results)


def spoken(auth: riva.client.Auth) -> dict[str, Any]:
    """Return how many bytes a text is as 44.1 kHz PCM, whole and in pieces, and how its Opus begins."""
    service = riva.client.SpeechSynthesisService(auth)
    voice = {"voice_name": "Magpie-Multilingual.EN-US.Aria", "sample_rate_hz": 44_100}
    opus = riva.client.AudioEncoding.OGGOPUS
    return {
        "whole": len(service.synthesize(TEXT, **voice).audio),
        "pieces": [len(each.audio) for each in service.synthesize_online(TEXT, **voice)],
        "opus": service.synthesize(TEXT, encoding=opus).audio[:4].decode(),
    }


def open_to_all(address: str) -> dict[str, Any]:
    """Return what a client without a key is told."""
    auth = riva.client.Auth(uri=address)
    asr, tts = riva.client.ASRService(auth), riva.client.SpeechSynthesisService(auth)
    models = asr.stub.GetRivaSpeechRecognitionConfig(
        riva_asr_pb2.RivaSpeechRecognitionConfigRequest()
    )
    voices = tts.stub.GetRivaSynthesisConfig(riva_tts_pb2.RivaSynthesisConfigRequest())
    return {
        "models": [model.parameters["type"] for model in models.model_config],
        "languages": [voice.parameters["language_code"] for voice in voices.model_config],
        "speech": refusal(lambda: tts.synthesize(TEXT)),
        "recognition": refusal(
            lambda: asr.offline_recognize(b"x", riva.client.RecognitionConfig())
        ),
    }


def refusal(call: Callable[[], Any]) -> str:
    """Return the name of the status that a call ends with."""
    try:
        call()
    except grpc.RpcError as error:
        return str(error.code().name)
    return "OK"


def main(address: str, key: str, recording: str, *others: str) -> None:
    """Call everything once."""
    auth = connect(address, key)
    followed = list(follow(auth, recording))
    told: dict[str, Any] = {
        "whole": transcribe(auth, recording),
        "so_far": [text for text, final in followed if not final],
        "finals": [text for text, final in followed if final],
        "files": files(auth, [recording, *others]),
        "words": words(auth, recording),
        "twice": twice(auth, recording),
        "spoken": spoken(auth),
        "open": open_to_all(address),
        "no_rate": refusal(
            lambda: riva.client.ASRService(auth).offline_recognize(
                bytes(32_000), riva.client.RecognitionConfig(language_code="en-US")
            )
        ),
    }
    if "runtime_config" in riva_asr_pb2.StreamingRecognizeRequest.DESCRIPTOR.fields_by_name:
        told["forced"] = forced(auth, recording)
    print(json.dumps(told), flush=True)


def _pieces(samples: bytes) -> Iterator[bytes]:
    for start in range(0, len(samples), 2 * PIECE_FRAMES):
        yield samples[start : start + 2 * PIECE_FRAMES]


if __name__ == "__main__":
    main(*sys.argv[1:])
