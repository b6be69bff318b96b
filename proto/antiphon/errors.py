"""Every error that Antiphon raises on purpose, and what it is on the wire.

AntiphonError
├── InvalidInput         the caller's mistake: INVALID_ARGUMENT, 400
├── NotPermitted         no key, or a wrong one: UNAUTHENTICATED, 401
├── NotFound             a name that does not exist: NOT_FOUND, 404
├── Conflict             at odds with what has happened meanwhile: ABORTED, 409
├── Exhausted            full, now: RESOURCE_EXHAUSTED, 503
├── Unsupported          this engine cannot: UNIMPLEMENTED, 501
├── Unavailable          a service is down or failed: UNAVAILABLE, 503
└── Misconfigured        the operator's mistake, found at start: FAILED_PRECONDITION, 500

A message names what was wrong, the value, and what to do. It never holds a caller's words.
"""

from __future__ import annotations

from collections.abc import Mapping

import grpc

DOMAIN = "antiphon"
# What a caller who finds no room is told to wait. A reply takes some seconds, a call minutes: sooner would
# only be refused again.
RETRY_AFTER_S = 5
# Of HTTP's statuses, from here on.
SERVER_ERROR = 500


class AntiphonError(Exception):
    """Root of the tree: `reason` is a stable UPPER_SNAKE word for programs, the text is for people."""

    status: grpc.StatusCode = grpc.StatusCode.INTERNAL
    http_status: int = 500
    default_reason: str = "INTERNAL"
    # The engine whose call failed, as its client names it; for whoever counts, and not told on the wire.
    service: str = ""

    def __init__(self, message: str, *, reason: str = "", **metadata: str) -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason or self.default_reason
        self.metadata: Mapping[str, str] = metadata

    @property
    def is_servers(self) -> bool:
        """Whether the fault is the appliance's, and not of what was asked for."""
        return self.http_status >= SERVER_ERROR


class InvalidInput(AntiphonError):
    """The caller sent something that cannot be used."""

    status = grpc.StatusCode.INVALID_ARGUMENT
    http_status = 400
    default_reason = "INVALID_INPUT"


class NotPermitted(AntiphonError):
    """The caller showed no key, or one that is not known."""

    status = grpc.StatusCode.UNAUTHENTICATED
    http_status = 401
    default_reason = "KEY_REQUIRED"


class NotFound(AntiphonError):
    """The caller named something that does not exist."""

    status = grpc.StatusCode.NOT_FOUND
    http_status = 404
    default_reason = "NOT_FOUND"


class Conflict(AntiphonError):
    """What the caller asks for, or has, is at odds with what happened meanwhile."""

    status = grpc.StatusCode.ABORTED
    http_status = 409
    default_reason = "CONFLICT"


class Exhausted(AntiphonError):
    """There is no room now; trying again later may help."""

    status = grpc.StatusCode.RESOURCE_EXHAUSTED
    http_status = 503
    default_reason = "EXHAUSTED"


class Unsupported(AntiphonError):
    """The configured engine cannot do this; the message names one that can, if any."""

    status = grpc.StatusCode.UNIMPLEMENTED
    http_status = 501
    default_reason = "CAPABILITY_MISSING"


class Unavailable(AntiphonError):
    """A service that this one needs is down, stopped, or failed while it worked."""

    status = grpc.StatusCode.UNAVAILABLE
    http_status = 503
    default_reason = "UNAVAILABLE"


class Misconfigured(AntiphonError):
    """A setting, file or folder stops the start."""

    status = grpc.StatusCode.FAILED_PRECONDITION
    http_status = 500
    default_reason = "MISCONFIGURED"
