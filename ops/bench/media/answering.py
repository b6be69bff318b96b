"""The two ways to answer a caller that are compared: the product's peer, and aiortc as it comes.

Both speak half of the time, as one does in a conversation, and decode all that the caller's microphone sends.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from itertools import chain, cycle

import av
import numpy as np
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack, MediaStreamError, MediaStreamTrack

from antiphon.audio import Int16
from server.conversation.outbox import Audio, Outbox
from server.webrtc.opus import FRAME_MS, FRAME_SAMPLES, RATE_HZ
from server.webrtc.peer import Peer
from server.webrtc.settings import WebRtcSettings

# What is said is paced by what is heard.
MAX_WAITING = 2
# Any number that is no divisor of a clip's frames.
STRIDE_FRAMES = 37


class Calls:
    """Calls that go on until `close`; `frames` is how many of 20 ms have been decoded so far."""

    def __init__(self, speech: Int16) -> None:
        whole = speech[: len(speech) - len(speech) % FRAME_SAMPLES]
        self._speech = whole.reshape(-1, FRAME_SAMPLES)
        self._tasks: list[asyncio.Task[None]] = []
        self._closing: list[Callable[[], Awaitable[None]]] = []
        self.frames = 0

    async def answer_with_ours(self, offer: str) -> str:
        """Take a call as the product does."""
        peer = await Peer.answer(offer, WebRtcSettings())
        outbox = Outbox(MAX_WAITING)
        self._closing.append(peer.close)
        self._begin(peer.deliver(outbox), self._feed(outbox, self._turn_ms()), self._drain(peer))
        return peer.sdp

    async def answer_with_stock(self, offer: str) -> str:
        """Take a call as aiortc's own examples do."""
        connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._closing.append(connection.close)
        connection.addTrack(StockSpeech(self._speech, self._turn_ms()))
        connection.on("track", lambda track: self._begin(self._pull(track)))
        await connection.setRemoteDescription(RTCSessionDescription(offer, "offer"))
        await connection.setLocalDescription(await connection.createAnswer())
        return str(connection.localDescription.sdp)

    async def close(self) -> None:
        """End all calls."""
        await asyncio.gather(*(close() for close in self._closing))
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _begin(self, *work: Awaitable[None]) -> None:
        self._tasks += [asyncio.ensure_future(one) for one in work]

    def _turn_ms(self) -> int:
        """Return how far into its silence a new call begins, so that no two take turns together."""
        frames = len(self._closing) * STRIDE_FRAMES % len(self._speech)
        return frames * FRAME_MS

    async def _feed(self, outbox: Outbox, silence_ms: int) -> None:
        """Speak, and then say nothing for as long: the product's track is silent by itself."""
        while True:
            await asyncio.sleep(silence_ms / 1000)
            for frame in self._speech:
                await outbox.put(Audio(frame.tobytes(), "resp_1", "item_1"))
            silence_ms = len(self._speech) * FRAME_MS

    async def _drain(self, peer: Peer) -> None:
        async for _ in peer.incoming():
            self.frames += 1

    async def _pull(self, track: MediaStreamTrack) -> None:
        with suppress(MediaStreamError):
            while True:
                await track.recv()
                self.frames += 1


class StockSpeech(AudioStreamTrack):
    """Frames at the rate of the product's voice, which aiortc resamples and encodes."""

    def __init__(self, speech: Int16, silence_ms: int) -> None:
        super().__init__()
        silence = np.zeros_like(speech)
        self._frames = chain(silence[: silence_ms // FRAME_MS], cycle([*speech, *silence]))

    async def recv(self) -> av.AudioFrame:
        """Return the next frame; the pace is aiortc's."""
        paced = await super().recv()
        samples = np.ascontiguousarray(next(self._frames))[np.newaxis]
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
        frame.sample_rate = RATE_HZ
        frame.pts, frame.time_base = paced.pts, paced.time_base
        return frame
