"""OpenAI's own client for Python over a WebSocket, with what its documentation leaves to whoever uses it.

    .venv/bin/python -m tests.clients.openai_caller URL KEY RECORDING

The agent is asked to greet. The caller speaks over the greeting, a function is called for what they say,
and its result is answered; that is heard out. Then one line of JSON says what happened.
"""

from __future__ import annotations

import asyncio
import base64
import json
import sys
from typing import Any

from openai import AsyncOpenAI
from openai.resources.realtime.realtime import AsyncRealtimeConnection
from openai.types.realtime import RealtimeSessionCreateRequestParam

from tests.clients.microphone import GREETED_MS, RATE_HZ, STORY_S, Microphone

SESSION: RealtimeSessionCreateRequestParam = {
    "type": "realtime",
    "instructions": "You are friendly and brief.",
    "audio": {"input": {"turn_detection": {"type": "server_vad"}}},
    "tools": [
        {
            "type": "function",
            "name": "get_weather",
            "description": "The weather of a city",
            "parameters": {
                "type": "object",
                "properties": {"city": {"type": "string", "examples": ["Oslo"]}},
                "required": ["city"],
            },
        }
    ],
}


class Caller:
    """Listens, and does what each event asks of a client."""

    def __init__(self, connection: AsyncRealtimeConnection, microphone: Microphone) -> None:
        self._connection = connection
        self._microphone = microphone
        self._played_ms: dict[str, float] = {}
        self._asked = False
        self.told: dict[str, Any] = {
            "transcripts": [],
            "calls": [],
            "said": [],
            "interruptions": 0,
            "greeting_heard": "",
            "errors": [],
        }

    async def listen(self) -> None:
        """Return once the greeting has been retrieved, after the answer's end."""
        async for event in self._connection:
            match event.type:
                case "error":
                    self.told["errors"].append(event.error.message)
                    return
                case "response.output_audio.delta":
                    await self._hear(event.item_id, base64.b64decode(event.delta))
                case "input_audio_buffer.speech_started":
                    await self._fall_silent()
                case "conversation.item.input_audio_transcription.completed":
                    self.told["transcripts"].append(event.transcript)
                case "response.function_call_arguments.done":
                    await self._call(event.call_id, event.arguments)
                case "response.output_audio_transcript.done":
                    self.told["said"].append(event.transcript)
                case "response.done":
                    await self._next(event.response)
                case "conversation.item.retrieved":
                    content = event.item.model_dump()["content"]
                    self.told["greeting_heard"] = "".join(part["transcript"] for part in content)
                    return

    async def _hear(self, item_id: str, audio: bytes) -> None:
        self._played_ms.setdefault(item_id, 0.0)
        self._played_ms[item_id] += 1000 * len(audio) / 2 / RATE_HZ
        if self._played_ms[item_id] > GREETED_MS and not self._asked:
            self._asked = True
            self._microphone.speak()

    async def _fall_silent(self) -> None:
        for item_id, ms in self._played_ms.items():
            await self._connection.conversation.item.truncate(
                item_id=item_id, content_index=0, audio_end_ms=round(ms)
            )

    async def _call(self, call_id: str, arguments: str) -> None:
        self.told["calls"].append(json.loads(arguments))
        await self._connection.conversation.item.create(
            item={"type": "function_call_output", "call_id": call_id, "output": "nice, 24 degrees"}
        )

    async def _next(self, response: Any) -> None:
        if response.output[0].type == "function_call":
            await self._connection.response.create()
            return
        self.told["interruptions"] += response.status == "cancelled"
        if response.status == "completed":
            greeting, answer = self._played_ms.items()
            self.told |= {"greeting_ms": round(greeting[1]), "answer_ms": round(answer[1])}
            await self._connection.conversation.item.retrieve(item_id=greeting[0])


async def main(url: str, key: str, recording: str) -> None:
    """Hold the conversation."""
    microphone = Microphone(recording)
    async with (
        asyncio.timeout(STORY_S),
        AsyncOpenAI(
            api_key=key,
            base_url=f"{url}/v1",
            websocket_base_url=f"ws{url.removeprefix('http')}/v1",
        ) as client,
        client.realtime.connect(model="gpt-realtime") as connection,
    ):

        async def speak() -> None:
            async for piece in microphone.pieces():
                audio = base64.b64encode(piece).decode()
                await connection.input_audio_buffer.append(audio=audio)

        caller = Caller(connection, microphone)
        speaking = asyncio.create_task(speak())
        await connection.session.update(session=SESSION)
        await connection.response.create(response={"instructions": "Say hello!"})
        await caller.listen()
        speaking.cancel()
    print(json.dumps(caller.told), flush=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
