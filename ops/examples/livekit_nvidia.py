"""LiveKit Agents' plugin for NVIDIA, `pip install "livekit-agents[nvidia]"`, without a room.

    python ops/examples/livekit_nvidia.py 127.0.0.1:50051 KEY question.wav answer.wav

In an agent the two are given to `AgentSession(stt=..., tts=...)`.
"""

from __future__ import annotations

import asyncio
import sys
import wave

from livekit import rtc
from livekit.agents.stt import SpeechEventType
from livekit.plugins import nvidia

PIECE_S = 0.02


async def understand(stt: nvidia.STT, path: str) -> str:
    """Return what is said in a recording (16-bit mono), telling what is understood as it is spoken."""
    stream, finals = stt.stream(), []
    speaking = asyncio.create_task(speak(stream, path))
    async for event in stream:
        match event.type:
            case SpeechEventType.INTERIM_TRANSCRIPT:
                print("so far:", event.alternatives[0].text.strip())
            case SpeechEventType.FINAL_TRANSCRIPT:
                finals.append(event.alternatives[0].text.strip())
    await speaking
    await stream.aclose()
    return " ".join(finals)


async def speak(stream: nvidia.SpeechStream, path: str) -> None:
    """Play a recording as fast as it was spoken."""
    with wave.open(path) as file:
        rate_hz = file.getframerate()
        piece_frames = round(PIECE_S * rate_hz)
        while piece := file.readframes(piece_frames):
            stream.push_frame(rtc.AudioFrame(piece, rate_hz, 1, len(piece) // 2))
            await asyncio.sleep(PIECE_S)
    stream.end_input()


async def say(tts: nvidia.TTS, text: str, path: str) -> None:
    """Write `text`, spoken."""
    async with tts.synthesize(text) as spoken:
        frames = [event.frame async for event in spoken]
    with wave.open(path, "wb") as file:
        file.setparams((1, 2, tts.sample_rate, 0, "NONE", ""))
        for frame in frames:
            file.writeframes(frame.data.tobytes())


async def main(address: str, key: str, question: str, answer: str) -> None:
    """Understand `question`, and write `answer`."""
    stt = nvidia.STT(server=address, api_key=key, use_ssl=False)
    tts = nvidia.TTS(server=address, api_key=key, use_ssl=False)
    print("voices:", tts.list_voices())
    print("heard:", await understand(stt, question))
    await say(tts, "Hello, and welcome to Antiphon.", answer)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
