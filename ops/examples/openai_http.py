"""OpenAI's SDK for the pieces: writes a recording down, has it answered, and speaks the answer.

    .venv/bin/python -m ops.examples.openai_http http://127.0.0.1:8080 KEY question.wav answer.mp3

`question.wav` may be a file of any kind that OpenAI takes too. Models and voices are named as OpenAI's are,
and each is the site's own. What is needed: openai.
"""

from __future__ import annotations

import sys
from pathlib import Path

from openai import OpenAI


def main(url: str, key: str, question: str, answer: str) -> None:
    """Call the three services after one another."""
    client = OpenAI(base_url=f"{url}/v1", api_key=key)

    with open(question, "rb") as file:
        text = client.audio.transcriptions.create(model="whisper-1", file=file).text
    print("heard: ", text)

    print("answer:", end="", flush=True)
    reply = ""
    for chunk in client.chat.completions.create(
        model="gpt-4o", messages=[{"role": "user", "content": text}], stream=True
    ):
        delta = chunk.choices[0].delta.content or ""
        reply += delta
        print(delta, end="", flush=True)
    print()

    with client.audio.speech.with_streaming_response.create(
        model="tts-1", voice="alloy", input=reply
    ) as speech:
        speech.stream_to_file(Path(answer))


if __name__ == "__main__":
    main(*sys.argv[1:])
