"""NVIDIA's own client, `pip install nvidia-riva-client`: speech to text, and text to speech.

python ops/examples/riva_client.py 127.0.0.1:50051 KEY question.wav answer.wav
"""

from __future__ import annotations

import sys
import wave
from collections.abc import Iterator
from pathlib import Path

import riva.client

SPOKEN_HZ = 22_050


def connect(address: str, key: str) -> riva.client.Auth:
    """Return what every service of the client is made with."""
    return riva.client.Auth(uri=address, metadata_args=[["authorization", f"Bearer {key}"]])


def listening(recording: str) -> riva.client.RecognitionConfig:
    """Return how a recording is to be understood."""
    config = riva.client.RecognitionConfig(
        language_code="en-US", enable_automatic_punctuation=True, enable_word_time_offsets=True
    )
    riva.client.add_audio_file_specs_to_config(config, recording)
    riva.client.add_word_boosting_to_config(config, ["Antiphon"], 4.0)
    return config


def transcribe(auth: riva.client.Auth, recording: str) -> str:
    """Return what is said in a recording."""
    service = riva.client.ASRService(auth)
    answer = service.offline_recognize(Path(recording).read_bytes(), listening(recording))
    return "".join(result.alternatives[0].transcript for result in answer.results).strip()


def follow(auth: riva.client.Auth, recording: str) -> Iterator[tuple[str, bool]]:
    """Yield what is understood while a recording is played, and whether that is final."""
    config = riva.client.StreamingRecognitionConfig(
        config=listening(recording), interim_results=True
    )
    chunks = riva.client.AudioChunkFileIterator(recording, 1600, riva.client.sleep_audio_length)
    service = riva.client.ASRService(auth)
    with chunks as audio:
        for response in service.streaming_response_generator(audio, config):
            for result in response.results:
                yield result.alternatives[0].transcript.strip(), result.is_final


def say(auth: riva.client.Auth, text: str, path: str) -> None:
    """Write `text`, spoken, as it comes."""
    service = riva.client.SpeechSynthesisService(auth)
    with wave.open(path, "wb") as file:
        file.setparams((1, 2, SPOKEN_HZ, 0, "NONE", ""))
        for response in service.synthesize_online(text, sample_rate_hz=SPOKEN_HZ):
            file.writeframes(response.audio)


def main(address: str, key: str, question: str, answer: str) -> None:
    """Understand `question`, whole and as it is spoken, and write `answer`."""
    auth = connect(address, key)
    print("whole: ", transcribe(auth, question))
    for text, final in follow(auth, question):
        print("final: " if final else "so far:", text)
    say(auth, "Hello, and welcome to Antiphon.", answer)


if __name__ == "__main__":
    main(*sys.argv[1:])
