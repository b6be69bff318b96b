"""Errors as gRPC statuses, and back."""

from __future__ import annotations

import grpc
import pytest
from google.protobuf import any_pb2
from google.rpc import error_details_pb2, status_pb2

from antiphon import errors
from antiphon.errors import RETRY_AFTER_S, AntiphonError, Exhausted, InvalidInput, Unavailable
from antiphon.status import from_rpc_error, to_status

LEAVES = errors.AntiphonError.__subclasses__()
Trailers = tuple[tuple[str, str | bytes], ...]
DETAILS_KEY = "grpc-status-details-bin"


def _received(code: grpc.StatusCode, details: str | None, trailers: Trailers = ()) -> AntiphonError:
    """Return what a client makes of such an end of its call."""
    empty = grpc.aio.Metadata()
    error = grpc.aio.AioRpcError(code, empty, grpc.aio.Metadata(*trailers), details=details)
    return from_rpc_error(error, "demo")


def _info(domain: str, **metadata: str) -> Trailers:
    detail = any_pb2.Any()
    detail.Pack(error_details_pb2.ErrorInfo(reason="WHY", domain=domain, metadata=metadata))
    return ((DETAILS_KEY, status_pb2.Status(details=[detail]).SerializeToString()),)


@pytest.mark.parametrize("leaf", LEAVES)
def test_every_error_survives_the_wire(leaf: type[AntiphonError]) -> None:
    status = to_status(leaf("what was wrong", reason="WHY", param="x"))
    assert (status.code, status.details) == (leaf.status, "what was wrong")
    problem = _received(status.code, status.details, tuple(status.trailing_metadata or ()))
    assert type(problem) is leaf
    assert (problem.message, problem.reason, problem.metadata) == (
        "what was wrong",
        "WHY",
        {"param": "x"},
    )


@pytest.mark.parametrize("leaf", LEAVES)
def test_whoever_finds_no_room_is_told_when_to_come_again(leaf: type[AntiphonError]) -> None:
    trailers = dict(to_status(leaf("what was wrong")).trailing_metadata or ())
    told = error_details_pb2.RetryInfo()
    details = status_pb2.Status.FromString(trailers[DETAILS_KEY]).details
    waits = [detail.Unpack(told) for detail in details]
    assert any(waits) is (leaf is Exhausted)
    assert told.retry_delay.seconds == (RETRY_AFTER_S if leaf is Exhausted else 0)


@pytest.mark.parametrize(
    ("code", "details", "leaf", "words"),
    [
        (grpc.StatusCode.UNAVAILABLE, "recvmsg: errno 104", Unavailable, "demo service is not re"),
        (grpc.StatusCode.DEADLINE_EXCEEDED, "Deadline", Unavailable, "failed: Deadline"),
        (grpc.StatusCode.CANCELLED, None, Unavailable, "failed: CANCELLED"),
        (grpc.StatusCode.INTERNAL, "Internal error from Core", Unavailable, "broke off"),
        (grpc.StatusCode.INTERNAL, "odd", AntiphonError, "failed: odd"),
        (grpc.StatusCode.INVALID_ARGUMENT, "odd", InvalidInput, "failed: odd"),
    ],
)
def test_a_status_without_our_details_names_the_service(
    code: grpc.StatusCode, details: str | None, leaf: type[AntiphonError], words: str
) -> None:
    problem = _received(code, details)
    assert type(problem) is leaf
    assert words in problem.message
    assert "errno" not in problem.message


def test_the_text_of_a_foreign_exception_is_not_repeated() -> None:
    problem = _received(grpc.StatusCode.UNKNOWN, "Unexpected <ValueError>: tangerine")
    assert problem.message == "the demo service failed: UNKNOWN"


def test_details_of_another_domain_are_not_taken_for_ours() -> None:
    # An intermediary's metadata may hold any name, even those of our error's own fields.
    problem = _received(
        grpc.StatusCode.INTERNAL, "odd", _info("proxy.example", reason="r", message="m")
    )
    assert (problem.reason, problem.metadata) == ("INTERNAL", {})


def test_other_trailers_and_other_details_are_passed_over() -> None:
    detail = any_pb2.Any()
    detail.Pack(error_details_pb2.DebugInfo(detail="x"))
    other = status_pb2.Status(details=[detail]).SerializeToString()
    problem = _received(
        grpc.StatusCode.INVALID_ARGUMENT, "no", ((DETAILS_KEY, other), *_info("antiphon", a="b"))
    )
    assert (problem.reason, problem.metadata) == ("WHY", {"a": "b"})
