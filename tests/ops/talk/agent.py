"""A gateway that answers every question in the same way, over real gRPC in threads."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc

from antiphon.v1 import conversation_pb2 as pb
from antiphon.v1 import conversation_pb2_grpc

ANSWER = (b"\x00\x20" * 240) * 10  # 100 ms, audible

LET_IN = {"type": "session.created"}
PARTIAL = {
    "type": "conversation.item.input_audio_transcription.delta",
    "antiphon": {"text": "What"},
}
HEARD = {
    "type": "conversation.item.input_audio_transcription.completed",
    "transcript": "What is it?",
}
CREATED = {"type": "response.created"}
WORDS = {"type": "response.output_audio_transcript.delta", "delta": "An apple."}
TIMELINE = {"speech_ended": 100.0, "committed": 610.0, "final": 611.0}
DONE = {
    "type": "response.done",
    "response": {"status": "completed", "antiphon": {"timeline_ms": TIMELINE}},
}
STOPPED = {"type": "output_audio_buffer.stopped"}
REPLY: tuple[dict[str, Any] | bytes, ...] = (
    PARTIAL,
    HEARD,
    CREATED,
    WORDS,
    ANSWER,
    DONE,
    STOPPED,
)


@dataclass
class Agent(conversation_pb2_grpc.ConversationServicer):
    """Sends `reply` once it has `needed_bytes` of audio; then listens on, or hangs up."""

    reply: tuple[dict[str, Any] | bytes, ...] = REPLY
    needed_bytes: int = 0
    refusal: str = ""
    hangs_up: bool = False
    events: list[dict[str, Any]] = field(default_factory=list)
    metadata: dict[str, Any] = field(default_factory=dict)
    heard: bytes = b""

    def Converse(self, requests: Any, context: Any) -> Iterator[pb.ConverseResponse]:
        self.metadata = dict(context.invocation_metadata())
        if self.refusal:
            context.abort(grpc.StatusCode.UNAUTHENTICATED, self.refusal)
        yield pb.ConverseResponse(event=json.dumps(LET_IN))
        self._listen(requests)
        for item in self.reply:
            if isinstance(item, bytes):
                yield pb.ConverseResponse(audio=item)
            else:
                yield pb.ConverseResponse(event=json.dumps(item))
        if not self.hangs_up:
            for _ in requests:
                pass

    def _listen(self, requests: Any) -> None:
        while len(self.heard) < max(self.needed_bytes, 1):
            request = next(requests)
            if request.HasField("event"):
                self.events.append(json.loads(request.event))
            self.heard += request.audio


@contextmanager
def serving(agent: Agent, folder: Path) -> Iterator[str]:
    """Serve `agent`; yield its address."""
    server = grpc.server(ThreadPoolExecutor(4))
    conversation_pb2_grpc.add_ConversationServicer_to_server(agent, server)
    address = f"unix:{folder}/agent.sock"
    server.add_insecure_port(address)
    server.start()
    try:
        yield address
    finally:
        server.stop(None).wait()
