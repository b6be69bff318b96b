"""No gRPC method is open by oversight: each needs a key, but for those that are named here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import grpc

from antiphon.errors import NotPermitted
from server.access.keyring import Keyring

# What carries neither speech nor text. Riva's clients ask for its configuration before they have a key.
OPEN_SERVICES = frozenset({"grpc.health.v1.Health", "grpc.reflection.v1alpha.ServerReflection"})
OPEN_METHODS = frozenset(
    {"GetInfo", "GetRivaSpeechRecognitionConfig", "GetRivaSynthesisConfig"},
)
# What a browser's key opens, which a page has seen: a session as that key describes it, and nothing else.
SESSION_SERVICE = "antiphon.v1.Conversation"


class KeyInterceptor(grpc.aio.ServerInterceptor):
    """Refuses a call without a key before its handler sees it; comes after `ErrorInterceptor`."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Any]],
        details: grpc.HandlerCallDetails,
    ) -> Any:
        """Return the handler, or one that refuses."""
        handler = await continuation(details)
        if handler is None:
            return None
        try:
            self._check(details)
        except NotPermitted as problem:
            return _refusing(handler, problem)
        return handler

    def _check(self, details: grpc.HandlerCallDetails) -> None:
        service, _, method = details.method.removeprefix("/").rpartition("/")
        if service in OPEN_SERVICES or method in OPEN_METHODS:
            return
        grant = self._keyring.check_metadata(details.invocation_metadata)
        if service != SESSION_SERVICE:
            grant.check_services()


def _refusing(handler: Any, problem: NotPermitted) -> Any:
    async def refuse(_: Any, __: grpc.aio.ServicerContext[Any, Any]) -> None:
        raise problem

    kinds = ("unary_unary", "stream_unary", "unary_stream", "stream_stream")
    present = {kind: refuse for kind in kinds if getattr(handler, kind) is not None}
    return handler._replace(**present)
