"""What a service says that it runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import grpc

from antiphon.channel import connect
from antiphon.status import from_rpc_error
from antiphon.v1.common_pb2 import GetInfoRequest, ServiceInfo
from antiphon.v1.conversation_pb2_grpc import ConversationStub
from antiphon.v1.generator_pb2_grpc import GeneratorStub
from antiphon.v1.recognizer_pb2_grpc import RecognizerStub
from antiphon.v1.synthesizer_pb2_grpc import SynthesizerStub

STUBS: dict[str, Callable[[grpc.aio.Channel], Any]] = {
    "asr": RecognizerStub,
    "llm": GeneratorStub,
    "tts": SynthesizerStub,
    "server": ConversationStub,
}
ANSWER_S = 5.0


async def describe(service: str, address: str) -> ServiceInfo:
    """Return what `service` at `address` runs; raise `Unavailable` where it does not answer."""
    async with connect(address) as channel:
        try:
            info = await STUBS[service](channel).GetInfo(GetInfoRequest(), timeout=ANSWER_S)
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error, service) from None
    assert isinstance(info, ServiceInfo)
    return info


def summary(info: ServiceInfo) -> str:
    """Return engine and model in one phrase; whatever is simulated says so."""
    named = " ".join(part for part in (info.engine, info.model) if part)
    return f"{named} (SIMULATED)" if info.simulated else named
