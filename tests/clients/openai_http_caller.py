"""OpenAI's own client for Python over HTTP: each family as its documentation shows it.

    .venv/bin/python -m tests.clients.openai_http_caller URL KEY RECORDING

Then one line of JSON says what came back.
"""

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path
from typing import Any

from openai import BadRequestError, OpenAI
from openai.types.chat import ChatCompletionToolUnionParam

TEXT = "Hello there, how are you today?"
WEATHER: ChatCompletionToolUnionParam = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a city",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string", "examples": ["Oslo"]}},
            "required": ["city"],
        },
    },
}


def transcriptions(client: OpenAI, recording: Path) -> dict[str, Any]:
    """Write the recording down in each way."""
    create = client.audio.transcriptions.create
    verbose = create(
        file=recording,
        model="whisper-1",
        response_format="verbose_json",
        timestamp_granularities=["word", "segment"],
    )
    streamed = list(create(file=recording, model="gpt-4o-transcribe", stream=True))
    try:
        create(file=("x.mp3", b"no sound at all"), model="whisper-1")
        refused = None
    except BadRequestError as error:
        refused = error.param
    return {
        "json": create(file=recording, model="whisper-1", language="en", prompt="Oslo, Ada").text,
        "verbose": verbose.model_dump(),
        "srt": create(file=recording, model="whisper-1", response_format="srt"),
        "streamed": [event.model_dump(exclude_none=True) for event in streamed],
        "refused": refused,
    }


def speech(client: OpenAI) -> dict[str, Any]:
    """Have a text spoken, as it is made and as a file."""
    with client.audio.speech.with_streaming_response.create(
        model="tts-1", voice="nova", input=TEXT, response_format="pcm"
    ) as response:
        chunks = [len(chunk) for chunk in response.iter_bytes(1024)]
    file = client.audio.speech.create(model="tts-1", voice="verse", input=TEXT)
    return {"pcm": chunks, "mp3": base64.b64encode(file.content).decode()}


def chat(client: OpenAI) -> dict[str, Any]:
    """Ask for a tool's call in a stream, and for an answer as a whole."""
    create = client.chat.completions.create
    calls: list[dict[str, str]] = []
    reason, tokens = None, 0
    for chunk in create(
        model="gpt-4o",
        messages=[{"role": "user", "content": "get weather please"}],
        tools=[WEATHER],
        stream=True,
        stream_options={"include_usage": True},
    ):
        tokens = chunk.usage.total_tokens if chunk.usage else tokens
        for choice in chunk.choices:
            reason = choice.finish_reason or reason
            for call in choice.delta.tool_calls or []:
                assert call.function is not None
                calls.append(
                    {"name": call.function.name or "", "arguments": call.function.arguments or ""}
                )
    whole = create(model="gpt-4o", messages=[{"role": "user", "content": "Hello"}])
    return {
        "calls": calls,
        "reason": reason,
        "tokens": tokens,
        "whole": whole.choices[0].message.content,
    }


def main(url: str, key: str, recording: str) -> None:
    """Call each family."""
    client = OpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0)
    told = {
        "transcriptions": transcriptions(client, Path(recording)),
        "speech": speech(client),
        "chat": chat(client),
        "models": [model.id for model in client.models.list()],
        "model": client.models.retrieve("antiphon").id,
    }
    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
