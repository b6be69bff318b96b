"""Bytes that are no gRPC, or almost: the connection may end, the gateway and its other callers go on."""

from __future__ import annotations

import queue
import socket
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain

import grpc
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from antiphon.v1 import common_pb2
from antiphon.v1 import recognizer_pb2 as pb
from antiphon.v1.recognizer_pb2_grpc import RecognizerStub
from server.access.installation_key import bearer
from tests.clients.gateway import Gateway
from tests.contract.port.recorder import recording

pytestmark = [pytest.mark.slow, pytest.mark.model]

PCM_16_KHZ = common_pb2.AudioFormat(
    encoding=common_pb2.AUDIO_ENCODING_PCM_S16LE, sample_rate_hz=16_000
)
OPENING = [
    pb.RecognizeRequest(config=pb.RecognizeConfig(audio=PCM_16_KHZ)),
    pb.RecognizeRequest(audio=bytes(3200)),
]
FINISH = pb.RecognizeRequest(finish=pb.FinishUtterance())
# For the port to answer in; its answers do not matter.
ANSWER_S = 0.02


@pytest.fixture(scope="module")
def spoken(served: Gateway) -> bytes:
    """Return what a whole, valid call sends."""
    with recording(served.grpc) as recorder, grpc.insecure_channel(recorder.address) as channel:
        answers = RecognizerStub(channel).Recognize(
            iter([*OPENING, FINISH]), metadata=bearer(served.key)
        )
        assert [answer.WhichOneof("event") for answer in answers] == ["final"]
        channel.close()
    assert recorder.sent.startswith(b"PRI * HTTP/2.0")
    return bytes(recorder.sent)


class Bystander:
    """A caller whose stream stays open meanwhile."""

    def __init__(self, served: Gateway, channel: grpc.Channel) -> None:
        self._requests: queue.Queue[pb.RecognizeRequest | None] = queue.Queue()
        requests: Iterator[pb.RecognizeRequest] = iter(self._requests.get, None)
        self._answers = RecognizerStub(channel).Recognize(
            chain(OPENING, requests), metadata=bearer(served.key)
        )

    def is_served(self) -> bool:
        """Ask for the final of what was said so far; return whether it comes."""
        self._requests.put(FINISH)
        return bool(next(self._answers).WhichOneof("event") == "final")

    def leave(self) -> None:
        self._requests.put(None)
        assert list(self._answers) == []


@pytest.fixture
def bystander(served: Gateway) -> Iterator[Bystander]:
    with grpc.insecure_channel(served.grpc) as channel:
        found = Bystander(served, channel)
        assert found.is_served()
        yield found
        found.leave()


def send(served: Gateway, data: bytes) -> None:
    """Send `data` on a connection of its own, and hang up."""
    host, _, port = served.grpc.rpartition(":")
    with socket.create_connection((host, int(port))) as line, suppress(OSError):
        line.sendall(data)
        line.settimeout(ANSWER_S)
        while line.recv(65_536):
            pass


@st.composite
def mutations(draw: st.DrawFn, whole: bytes) -> bytes:
    """Cut `whole` at a few places; drop, double, swap or overwrite what lies between."""
    data = bytearray(whole)
    for _ in range(draw(st.integers(1, 5))):
        at = draw(st.integers(0, len(data)))
        piece = draw(st.binary(max_size=20))
        match draw(st.sampled_from(["overwrite", "insert", "drop", "double", "cut"])):
            case "overwrite":
                data[at : at + len(piece)] = piece
            case "insert":
                data[at:at] = piece
            case "drop":
                del data[at : at + 9]  # the length of a frame's header
            case "double":
                data[at:at] = data[at : at + 200]
            case _:
                del data[at:]
    return bytes(data)


ATTEMPTS = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
)


def test_mutated_frames_end_nobody_elses_call(
    served: Gateway, spoken: bytes, bystander: Bystander
) -> None:
    @ATTEMPTS
    @given(mutations(spoken))
    def attempt(data: bytes) -> None:
        send(served, data)

    attempt()
    assert bystander.is_served()


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500),  # TLS where there is none
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\xff" * 100_000,
        bytes(1_000_000),
    ],
    ids=["http1", "tls", "frames-of-ff", "zeros"],
)
def test_other_protocols_end_nobody_elses_call(
    served: Gateway, bystander: Bystander, data: bytes
) -> None:
    send(served, data)
    assert bystander.is_served()
