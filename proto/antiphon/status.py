"""Antiphon's errors to gRPC status with `google.rpc.ErrorInfo`, and back."""

from __future__ import annotations

import grpc
from google.protobuf import any_pb2
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status

from antiphon.errors import (
    DOMAIN,
    RETRY_AFTER_S,
    AntiphonError,
    Conflict,
    Exhausted,
    InvalidInput,
    Misconfigured,
    NotFound,
    NotPermitted,
    Unavailable,
    Unsupported,
)

_LEAVES = (
    InvalidInput,
    NotPermitted,
    NotFound,
    Conflict,
    Exhausted,
    Unsupported,
    Unavailable,
    Misconfigured,
)
_BY_STATUS: dict[grpc.StatusCode, type[AntiphonError]] = {
    **{leaf.status: leaf for leaf in _LEAVES},
    grpc.StatusCode.DEADLINE_EXCEEDED: Unavailable,
    # Our own cancelling raises CancelledError: this is a service that dropped the call.
    grpc.StatusCode.CANCELLED: Unavailable,
}
# What grpc.aio reports, over the status that the service sent, where a call ends during a write.
_BROKEN_WRITE = (grpc.StatusCode.INTERNAL, "Internal error from Core")


def to_status(error: AntiphonError) -> grpc.Status:
    """Return the status to abort a call with."""
    details = [
        _packed(
            error_details_pb2.ErrorInfo(reason=error.reason, domain=DOMAIN, metadata=error.metadata)
        )
    ]
    if isinstance(error, Exhausted):
        wait = Duration(seconds=RETRY_AFTER_S)
        details.append(_packed(error_details_pb2.RetryInfo(retry_delay=wait)))
    code = code_pb2.Code.Value(error.status.name)
    return rpc_status.to_status(
        status_pb2.Status(code=code, message=error.message, details=details)
    )


def _packed(detail: Message) -> any_pb2.Any:
    packed = any_pb2.Any()
    packed.Pack(detail)
    return packed


def from_rpc_error(error: grpc.aio.AioRpcError, service: str) -> AntiphonError:
    """Return what went wrong in a call to `service`, as our own error."""
    problem = _problem(error, service)
    problem.service = service
    return problem


def _problem(error: grpc.aio.AioRpcError, service: str) -> AntiphonError:
    code, details = error.code(), error.details() or error.code().name
    leaf = _BY_STATUS.get(code, AntiphonError)
    info = _error_info(error)
    if info is not None:
        return leaf(details, reason=info.reason, **dict(info.metadata))
    if code is grpc.StatusCode.UNAVAILABLE:
        # gRPC's own text names sockets and errno; what the reader can act on is which service.
        return Unavailable(f"the {service} service is not reachable; see `antiphon status`")
    if (code, details) == _BROKEN_WRITE:
        return Unavailable(f"the {service} service broke off; see `antiphon status`")
    if code is grpc.StatusCode.UNKNOWN:
        # gRPC puts the text of a handler's exception here, which may hold a caller's words.
        details = code.name
    return leaf(f"the {service} service failed: {details}")


def _error_info(error: grpc.aio.AioRpcError) -> error_details_pb2.ErrorInfo | None:
    for key, value in error.trailing_metadata() or ():
        if key != "grpc-status-details-bin":
            continue
        for detail in status_pb2.Status.FromString(value).details:
            info = error_details_pb2.ErrorInfo()
            if detail.Unpack(info) and info.domain == DOMAIN:
                return info
    return None
