"""A call with the agent over gRPC: plays a recorded question, and keeps the spoken answer.

    .venv/bin/python -m ops.examples.grpc_agent 127.0.0.1:50051 KEY question.wav answer.wav

`question.wav` is 16-bit mono at 24 kHz. What is needed: grpcio, and the code made from proto/antiphon/v1.
"""

from __future__ import annotations

import asyncio
import json
import sys
import wave
from collections.abc import AsyncIterator

import grpc

from antiphon.v1.conversation_pb2 import ConverseRequest
from antiphon.v1.conversation_pb2_grpc import ConversationStub

RATE_HZ = 24_000
FRAME_S = 0.02
FRAME_BYTES = int(RATE_HZ * FRAME_S) * 2


async def main(address: str, key: str, question: str, answer: str) -> None:
    """Ask, print what is understood and said, and write the answer once it is complete."""
    over = asyncio.Event()
    with wave.open(question) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (RATE_HZ, 1, 2)
        speech = file.readframes(file.getnframes())
    spoken = bytearray()
    async with grpc.aio.insecure_channel(address) as channel:
        metadata = (("authorization", f"Bearer {key}"),)
        call = ConversationStub(channel).Converse(microphone(speech, over), metadata=metadata)
        async for response in call:
            if response.audio:
                spoken += response.audio
                continue
            event = json.loads(response.event)
            match event["type"]:
                case "conversation.item.input_audio_transcription.completed":
                    print("caller:", event["transcript"])
                case "response.output_audio_transcript.done":
                    print("agent: ", event["transcript"])
                case "response.done" if event["response"]["status"] == "completed":
                    over.set()
    with wave.open(answer, "wb") as file:
        file.setparams((1, 2, RATE_HZ, 0, "NONE", ""))
        file.writeframes(spoken)


async def microphone(speech: bytes, over: asyncio.Event) -> AsyncIterator[ConverseRequest]:
    """Speak in real time, as a caller does, then be silent until it is `over`; then hang up."""
    start = 0
    while not over.is_set():
        frame = speech[start : start + FRAME_BYTES].ljust(FRAME_BYTES, b"\0")
        yield ConverseRequest(audio=frame)
        start += FRAME_BYTES
        await asyncio.sleep(FRAME_S)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
