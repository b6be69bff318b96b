"""What an engine can do, asked where a wish is to be dropped rather than refused."""

from __future__ import annotations

from typing import Any

import grpc

from antiphon.status import from_rpc_error
from antiphon.v1.common_pb2 import GetInfoRequest

# Of a service that hangs; one that works answers in some ms.
PATIENCE_S = 5.0


async def has(stub: Any, service: str, capability: str) -> bool:
    """Return whether the engine behind `stub` has `capability`; raise an `AntiphonError`."""
    try:
        info = await stub.GetInfo(GetInfoRequest(), timeout=PATIENCE_S)
    except grpc.aio.AioRpcError as error:
        raise from_rpc_error(error, service) from None
    return capability in info.capabilities
