from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import grpc
import pytest

from antiphon.errors import NotPermitted
from server.access.grant import Grant, Holder
from server.access.installation_key import bearer
from server.access.key_interceptor import KeyInterceptor
from server.access.keyring import Keyring
from tests.virtual_time import run_virtual

KEY = "ak_x"
KINDS = ("unary_unary", "stream_unary", "unary_stream", "stream_stream")


async def _served(_: Any, __: Any) -> str:
    return "served"


def _handler(kind: str) -> Any:
    make = getattr(grpc, f"{kind}_rpc_method_handler")
    return make(_served)


async def _call(keyring: Keyring, method: str, metadata: Any, kind: str = "unary_unary") -> Any:
    """Return what the handler that the interceptor lets through answers."""
    details: Any = SimpleNamespace(method=method, invocation_metadata=metadata)
    handler = _handler(kind)

    async def continuation(_: grpc.HandlerCallDetails) -> Any:
        return handler

    found = await KeyInterceptor(keyring).intercept_service(continuation, details)
    assert [getattr(found, each) is not None for each in KINDS] == [each == kind for each in KINDS]
    return await getattr(found, kind)(None, None)


@pytest.mark.parametrize(
    "method",
    [
        "/grpc.health.v1.Health/Check",
        "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
        "/antiphon.v1.Recognizer/GetInfo",
        "/nvidia.riva.asr.RivaSpeechRecognition/GetRivaSpeechRecognitionConfig",
        "/nvidia.riva.tts.RivaSpeechSynthesis/GetRivaSynthesisConfig",
    ],
)
def test_what_carries_no_speech_is_open(method: str) -> None:
    assert run_virtual(_call(Keyring(KEY), method, ())) == "served"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "method",
    [
        "/antiphon.v1.Conversation/Converse",
        "/antiphon.v1.Recognizer/Recognize",
        "/nvidia.riva.asr.RivaSpeechRecognition/Recognize",
        "/new.Service/Method",
        "odd",
    ],
)
def test_everything_else_needs_the_key(method: str, kind: str) -> None:
    async def story() -> None:
        keyring = Keyring(KEY)
        assert await _call(keyring, method, bearer(KEY), kind) == "served"
        for shown, reason in [((), "KEY_REQUIRED"), (bearer("ak_y"), "KEY_UNKNOWN")]:
            with pytest.raises(NotPermitted) as refused:
                await _call(keyring, method, shown, kind)
            assert refused.value.reason == reason

    run_virtual(story())


def test_a_browsers_key_opens_sessions_only() -> None:
    async def story() -> None:
        keyring = Keyring(KEY)
        key = keyring.ephemeral.issue(Grant(Holder.CLIENT, "alice"), 60)
        method = "/antiphon.v1.Conversation/Converse"
        assert await _call(keyring, method, bearer(key)) == "served"
        with pytest.raises(NotPermitted) as refused:
            await _call(keyring, "/antiphon.v1.Generator/Generate", bearer(key))
        assert refused.value.reason == "KEY_SCOPE"

    run_virtual(story())


def test_a_method_that_does_not_exist_is_left_to_grpc() -> None:
    async def nothing(_: grpc.HandlerCallDetails) -> None:
        return None

    details: Any = SimpleNamespace(method="/a/b", invocation_metadata=())
    found = KeyInterceptor(Keyring(KEY)).intercept_service(nothing, details)
    assert asyncio.run(found) is None
