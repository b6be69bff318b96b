"""The one way to open a channel."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path
from typing import Any

import grpc
import pytest

from antiphon.channel import connect
from antiphon.serving import MAX_MESSAGE_BYTES

METHOD = "/demo.Demo/Fill"


async def _fill(request: bytes, _: grpc.aio.ServicerContext[Any, Any]) -> bytes:
    return bytes(int(request))


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


async def _asked(address: str, size: int) -> int:
    """Return the size of an answer of `size` bytes, from a server that is up once it was called."""
    async with connect(address) as channel:
        fill: Any = channel.unary_unary(METHOD)
        call = fill(b"%d" % size, wait_for_ready=True, timeout=20)
        server = grpc.aio.server()
        handler: Any = grpc.unary_unary_rpc_method_handler(_fill)
        server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler("demo.Demo", {"Fill": handler}),)
        )
        server.add_insecure_port(address)
        await server.start()
        try:
            return len(await call)
        finally:
            await server.stop(None)


def test_it_connects_when_first_used_and_finds_a_service_that_starts_later(tmp_path: Path) -> None:
    assert asyncio.run(_asked(f"unix:{tmp_path}/s", 5)) == 5


def test_no_proxy_stands_between(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")  # discard: nobody listens
    monkeypatch.setenv("no_proxy", "")
    assert asyncio.run(_asked(f"localhost:{_free_port()}", 5)) == 5


def test_a_message_over_the_bound_is_refused(tmp_path: Path) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        asyncio.run(_asked(f"unix:{tmp_path}/s", MAX_MESSAGE_BYTES + 1))
    assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
