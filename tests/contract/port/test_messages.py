"""Whatever a client sends, a call ends with an answer or a refusal that says why, and the others go on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import grpc
import psutil
import pytest
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.rpc import status_pb2
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from antiphon.v1 import conversation_pb2, generator_pb2, recognizer_pb2, synthesizer_pb2
from server.access.installation_key import bearer
from server.riva import protos
from tests.clients.gateway import Gateway
from tests.contract.port.messages import messages

pytestmark = [pytest.mark.slow, pytest.mark.model]

FILES = (
    conversation_pb2,
    recognizer_pb2,
    generator_pb2,
    synthesizer_pb2,
    protos.asr,
    protos.tts,
)
METHODS: list[MethodDescriptor] = [
    method
    for file in FILES
    for service in file.DESCRIPTOR.services_by_name.values()
    for method in service.methods
]
# A call that is let go on for longer is cancelled by its client, as it may.
DEADLINE_S = 0.5
# Of an engine that refuses while a message is being written to it grpc.aio keeps no status, see
# `antiphon.status`: then the port can only say that it broke off, which a client may try again.
BROKE_OFF = "broke off; see `antiphon status`"
# What the port may say to what it does not like. UNKNOWN and INTERNAL would be a mistake of ours.
ALLOWED = {
    grpc.StatusCode.OK,
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.UNIMPLEMENTED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.DEADLINE_EXCEEDED,
}
# What a Python process may gain by keeping pools and caches; a leak of 300 calls' requests would be more.
GROWTH_BYTES = 64 * 1024 * 1024


@pytest.fixture(scope="module")
def channel(served: Gateway) -> Iterator[grpc.Channel]:
    with grpc.insecure_channel(served.grpc) as found:
        yield found


def call(
    channel: grpc.Channel, key: str, method: MethodDescriptor, requests: list[Message]
) -> grpc.RpcError | None:
    """Return how a call that sends `requests` and half-closes is refused; None where it is not."""
    assert method.containing_service is not None
    path = f"/{method.containing_service.full_name}/{method.name}"
    kind = f"{_arity(method.client_streaming)}_{_arity(method.server_streaming)}"
    make: Callable[..., Any] = getattr(channel, kind)
    parse = GetMessageClass(method.output_type).FromString
    stub = make(
        path, request_serializer=lambda m: m.SerializeToString(), response_deserializer=parse
    )
    given: Any = iter(requests) if method.client_streaming else requests[0]
    try:
        answer = stub(given, metadata=bearer(key), timeout=DEADLINE_S)
        if method.server_streaming:
            for _ in answer:
                pass
    except grpc.RpcError as error:
        return error
    return None


def _arity(streaming: bool) -> str:
    return "stream" if streaming else "unary"


def check(error: grpc.RpcError | None) -> None:
    """Hold a refusal to what the contract says of all of them."""
    if error is None:
        return
    refused: Any = error
    if refused.code() is grpc.StatusCode.UNAVAILABLE and refused.details().endswith(BROKE_OFF):
        return
    assert refused.code() in ALLOWED, (refused.code(), refused.details())
    if refused.code() is grpc.StatusCode.DEADLINE_EXCEEDED:
        return
    details = dict(refused.trailing_metadata()).get("grpc-status-details-bin", b"")
    assert status_pb2.Status.FromString(details).details, refused.details()


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.full_name)
def test_any_messages_are_answered_or_refused(
    served: Gateway, channel: grpc.Channel, method: MethodDescriptor
) -> None:
    @settings(
        max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), database=None
    )
    @given(st.lists(messages(method.input_type), min_size=1, max_size=3))
    def attempt(requests: list[Message]) -> None:
        check(call(channel, served.key, method, requests))

    attempt()


def test_after_all_that_the_gateway_serves_and_has_not_grown(
    served: Gateway, channel: grpc.Channel
) -> None:
    process = next(
        one
        for child in psutil.Process().children(recursive=True)
        if (one := child) and child.cmdline()[-2:] == ["-m", "server"]
    )
    info = next(method for method in METHODS if method.full_name.endswith("Recognizer.GetInfo"))
    synthesise = next(method for method in METHODS if method.name == "Synthesize")
    request = synthesizer_pb2.SynthesizeRequest(text="x" * 100_000)
    before = process.memory_info().rss
    for _ in range(300):
        check(call(channel, served.key, synthesise, [request]))
    assert process.memory_info().rss - before < GROWTH_BYTES
    assert call(channel, served.key, info, [GetMessageClass(info.input_type)()]) is None
