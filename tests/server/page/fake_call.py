"""One call of the fake gateway: it hears when its peer speaks, and says the same reply to all of it."""

from __future__ import annotations

import asyncio
import fractions
import json
import time
from collections.abc import Iterator
from typing import Any

import av
import numpy as np
from aiortc import (
    MediaStreamTrack,
    RTCConfiguration,
    RTCDataChannel,
    RTCPeerConnection,
    RTCSessionDescription,
)
from aiortc.mediastreams import MediaStreamError

from server.realtime import server_events

RATE_HZ = 48_000
FRAME_SAMPLES = 960
# Chromium's microphone of a file is silent between the words to the last bit.
VOICED = 200
PAUSE_FRAMES = 25
HEARD = "Good morning, I would like an appointment."
REPLY = "Of course. There is one free on Thursday at ten past nine, and one at a quarter to four."
WORD_S = 0.1
# Then the reply waits to be interrupted, or let go on: a test is never too late for it.
HALF_WORDS = 8
TIMELINE_MS = {
    "speech_ended": 0,
    "final": 400,
    "generation_started": 401,
    "first_token": 450,
    "first_audio": 560,
    "audible": 580,
}


class Voice(MediaStreamTrack):
    """A tone while `speaking`, else silence; in real time."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self.speaking = False
        self._sent = 0
        self._start_s = time.monotonic()

    async def recv(self) -> av.AudioFrame:
        due_s = self._start_s + self._sent * FRAME_SAMPLES / RATE_HZ
        await asyncio.sleep(max(0.0, due_s - time.monotonic()))
        at = self._sent * FRAME_SAMPLES + np.arange(FRAME_SAMPLES)
        tone = 8000 * np.sin(2 * np.pi * 330 * at / RATE_HZ) if self.speaking else 0 * at
        frame = av.AudioFrame.from_ndarray(tone.astype(np.int16)[None], "s16", "mono")
        frame.sample_rate, frame.time_base = RATE_HZ, fractions.Fraction(1, RATE_HZ)
        frame.pts = self._sent * FRAME_SAMPLES
        self._sent += 1
        return frame


class Call:
    """One peer: hears when it speaks, and answers."""

    def __init__(self, session_id: str, log: list[dict[str, Any]]) -> None:
        self.peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.turn_detection = True
        self._session_id = session_id
        self._log = log
        self._voice = Voice()
        self._channel: RTCDataChannel | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._replying: asyncio.Task[None] | None = None
        self._item_id = ""
        self.let_go_on = asyncio.Event()
        self.peer.on("datachannel", self._on_channel)
        self.peer.on("track", lambda track: self._start(self._listen(track)))

    async def answer(self, sdp: str) -> str:
        await self.peer.setRemoteDescription(RTCSessionDescription(sdp, "offer"))
        self.peer.addTrack(self._voice)
        await self.peer.setLocalDescription(await self.peer.createAnswer())
        return self.peer.localDescription.sdp

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await self.peer.close()

    def _start(self, work: Any) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _on_channel(self, channel: RTCDataChannel) -> None:
        self._channel = channel
        channel.on("message", self._on_message)
        token = {"resume_token": f"rt_{self._session_id}"}
        self._tell("session.created", session={"id": self._session_id, "antiphon": token})

    def _on_message(self, message: str) -> None:
        event = json.loads(message)
        self._log.append(event)
        match event["type"]:
            case "session.update":
                audio = event["session"].get("audio", {}).get("input", {})
                self.turn_detection = audio.get("turn_detection", True) is not None
            case "response.create":
                self._reply()
            case "output_audio_buffer.clear":
                self._silence()

    def _tell(self, kind: str, **fields: Any) -> None:
        if self._channel is not None and self._channel.readyState == "open":
            self._channel.send(json.dumps({"type": kind, "event_id": "event", **fields}))

    async def _listen(self, track: MediaStreamTrack) -> None:
        quiet, speaking = PAUSE_FRAMES, False
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            voiced = isinstance(frame, av.AudioFrame) and np.abs(frame.to_ndarray()).max() > VOICED
            quiet = 0 if voiced else quiet + 1
            if not self.turn_detection:
                continue
            if voiced and not speaking:
                speaking = True
                self._silence()
                self._start(self._hear())
            elif speaking and quiet >= PAUSE_FRAMES:
                speaking = False
                self._understand()
                self._reply()

    async def _hear(self) -> None:
        item = self._item_id = server_events.new_id("item")
        self._tell("input_audio_buffer.speech_started", item_id=item)
        words = HEARD.split()
        for at in range(1, len(words)):
            await asyncio.sleep(0.15)
            self._tell(
                "conversation.item.input_audio_transcription.delta",
                item_id=item,
                delta=" ".join(words[: at - 1])[len(" ".join(words[: max(at - 2, 0)])) :],
                antiphon={"text": " ".join(words[:at])},
            )

    def _understand(self) -> None:
        self._tell("input_audio_buffer.speech_stopped", item_id=self._item_id)
        self._tell(
            "conversation.item.input_audio_transcription.completed",
            item_id=self._item_id,
            transcript=HEARD,
        )

    def _reply(self) -> None:
        self._silence()
        self._replying = self._start(self._speak(server_events.new_id("resp")))

    async def _speak(self, response: str) -> None:
        self._tell("response.created", response={"id": response, "status": "in_progress"})
        await asyncio.sleep(0.2)
        self._tell("response.output_audio_transcript.delta", response_id=response, delta=REPLY)
        self._tell("output_audio_buffer.started", response_id=response)
        self._voice.speaking = True
        status, timeline = "completed", {"timeline_ms": TIMELINE_MS}
        try:
            for count, heard in enumerate(_growing(REPLY)):
                await (asyncio.sleep(WORD_S) if count < HALF_WORDS else self.let_go_on.wait())
                self._tell("antiphon.response.heard", response_id=response, text=heard)
            self._tell("output_audio_buffer.stopped", response_id=response)
        except asyncio.CancelledError:
            status = "cancelled"
            self._tell("output_audio_buffer.cleared", response_id=response)
            raise
        finally:
            self._voice.speaking = False
            done = {"id": response, "status": status, "antiphon": timeline}
            self._tell("response.done", response=done)

    def _silence(self) -> None:
        if self._replying is not None:
            self._replying.cancel()
            self._replying = None


def _growing(text: str) -> Iterator[str]:
    words = text.split(" ")
    return (" ".join(words[: at + 1]) for at in range(len(words)))
