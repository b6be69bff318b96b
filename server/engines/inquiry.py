"""What an engine service says of itself, asked with a bound on how long it may take."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import grpc

from antiphon.status import from_rpc_error
from antiphon.v1.common_pb2 import GetInfoRequest, ServiceInfo
from antiphon.v1.synthesizer_pb2 import ListVoicesRequest, Voice
from antiphon.v1.synthesizer_pb2_grpc import SynthesizerStub
from server.engines.synthesizer import SERVICE

# Of a service that hangs; one that works answers in some ms.
PATIENCE_S = 5.0


async def info(stub: Any, service: str) -> ServiceInfo:
    """Return what the engine behind `stub` is; raise an `AntiphonError` where it fails or hangs."""
    told: ServiceInfo = await ask(stub.GetInfo, GetInfoRequest(), service, PATIENCE_S)
    return told


async def voices(stub: SynthesizerStub) -> Sequence[Voice]:
    """Return the voices behind `stub`; raise likewise."""
    told = await ask(stub.ListVoices, ListVoicesRequest(), SERVICE, PATIENCE_S)
    listed: Sequence[Voice] = told.voices
    return listed


async def ask(method: Callable[..., Any], request: Any, service: str, patience_s: float) -> Any:
    """Return what `method` answers within `patience_s`; raise likewise."""
    try:
        return await method(request, timeout=patience_s)
    except grpc.aio.AioRpcError as error:
        raise from_rpc_error(error, service) from None
