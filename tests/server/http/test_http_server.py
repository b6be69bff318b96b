"""The server in its process: its address, TLS, and the order of its end."""

from __future__ import annotations

import asyncio
import base64
import json
import signal
import socket
import ssl
from pathlib import Path

import httpx
import pytest
from starlette.types import Send
from websockets.asyncio.client import connect

from antiphon.errors import Misconfigured
from server.access.certificate import load_or_make
from server.http import http_server
from server.http.http_server import CLOSE_S, HttpServer
from server.sessions import Sessions, hosting
from server.settings import ServerSettings
from tests.server.http.house import Echoes, Engines, HttpHouse, until_closed


async def _app(scope: object, receive: object, send: object) -> None: ...


def _server(address: str, sessions: Sessions) -> HttpServer:
    return HttpServer(_app, address, sessions, 1)


@pytest.mark.parametrize("address", ["8080", "127.0.0.1:http", "256.0.0.1:80", "unix:/none/s"])
def test_an_address_that_is_none_is_told(address: str) -> None:
    async def main() -> None:
        async with hosting(Echoes().make, 1) as sessions:
            with pytest.raises(Misconfigured) as refused:
                _server(address, sessions)
            assert address in refused.value.message

    asyncio.run(main())


def test_a_port_in_use_is_told() -> None:
    async def main() -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            address = f"127.0.0.1:{taken.getsockname()[1]}"
            async with hosting(Echoes().make, 1) as sessions:
                with pytest.raises(Misconfigured, match="Address already in use; stop the process"):
                    _server(address, sessions)

    asyncio.run(main())


def test_a_unix_socket_serves_and_is_gone_after(tmp_path: Path) -> None:
    path = tmp_path / "http"
    path.write_text("left behind")

    async def main() -> None:
        async with hosting(Echoes().make, 1) as sessions, asyncio.TaskGroup() as tasks:
            stop = asyncio.Event()
            tasks.create_task(_server(f"unix:{path}", sessions).serve(stop))
            async with httpx.AsyncClient(
                transport=httpx.AsyncHTTPTransport(uds=str(path))
            ) as client:
                # An application that answers nothing.
                assert (await client.get("http://x/")).status_code == 500
            stop.set()

    asyncio.run(main())
    assert not path.exists()


def test_it_serves_https_with_its_certificate(tmp_path: Path) -> None:
    certificate = load_or_make(ServerSettings(tls_dir=tmp_path))

    async def main() -> None:
        async with HttpHouse.open(Echoes(), certificate=certificate) as house:
            trusting = ssl.create_default_context(cafile=certificate.chain)
            trusting.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
            async with (
                httpx.AsyncClient(verify=trusting) as client,
                house.socket(ssl=trusting) as line,
            ):
                assert (await client.get(f"{house.url}/healthz")).status_code == 200
                await line.send("hello")
                await line.recv()

    asyncio.run(main())


def test_it_leaves_signals_alone() -> None:
    async def main() -> None:
        before = signal.getsignal(signal.SIGTERM)
        async with HttpHouse.open(Echoes()) as house:
            await house.client.get("/healthz")
            assert signal.getsignal(signal.SIGTERM) is before

    asyncio.run(main())


def test_at_the_end_sessions_have_their_grace_and_nobody_else_is_let_in() -> None:
    async def main() -> None:
        async with HttpHouse.open(Echoes(), drain_s=1.0) as house, house.socket() as line:
            await line.send("hello")
            await line.recv()
            house.stop.set()
            await asyncio.sleep(0.1)
            await line.send("still there?")
            await line.recv()
            refused = await house.post(
                "/v1/realtime/calls",
                content="v=0",
                headers=house.headers | {"content-type": "application/sdp"},
            )
            assert (refused.status_code, refused.json()["error"]["code"]) == (503, "stopping")
            assert refused.headers["retry-after"] == "5"
            health = await house.client.get("/healthz")
            assert (health.status_code, health.json()) == (503, {"status": "draining"})
            problem = json.loads(await line.recv())
            assert (problem["type"], problem["error"]["code"]) == ("error", "stopping")
            code, reason = await until_closed(line)
            assert (code, reason.partition(":")[0]) == (4503, "stopping")

    asyncio.run(main())


def test_as_much_audio_as_openai_takes_in_one_append_is_heard() -> None:
    async def main() -> None:
        engines = Engines()
        async with HttpHouse.open(engines.maker) as house, house.socket() as line:
            audio = base64.b64encode(bytes(15 * 1024 * 1024)).decode()
            await line.send(json.dumps({"type": "input_audio_buffer.append", "audio": audio}))
            await line.send(json.dumps({"type": "input_audio_buffer.commit"}))
            while "committed" not in (said := json.loads(await line.recv()))["type"]:
                assert said["type"] != "error", said
            assert len(engines.recognizer.audio) == 15 * 1024 * 1024

    asyncio.run(main())


def test_more_connections_than_sessions_can_use_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(http_server, "CONNECTIONS_PER_SESSION", 1)
    monkeypatch.setattr(http_server, "OTHER_CONNECTIONS", 1)

    async def main() -> None:
        async with HttpHouse.open(Echoes(), seats=1) as house:
            first = await asyncio.open_connection("127.0.0.1", int(house.url.rpartition(":")[2]))
            try:
                await asyncio.sleep(0.1)
                assert (await house.client.get("/healthz")).status_code == 503
            finally:
                first[1].close()

    asyncio.run(main())


def test_a_line_that_answers_no_ping_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_server, "PING_S", 0.1)
    monkeypatch.setattr(http_server, "PONG_S", 0.1)

    async def main() -> None:
        echoes = Echoes()
        async with (
            HttpHouse.open(echoes, seats=1) as house,
            connect(house.socket_url(), additional_headers=house.headers, proxy=None) as line,
        ):
            await line.send("hello")
            await line.recv()
            line.transport.pause_reading()
            while not echoes.made[0][0].lost_at_s:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            line.transport.abort()

    asyncio.run(main())


def test_an_answer_in_progress_has_the_grace_too(tmp_path: Path) -> None:
    asked, finish = asyncio.Event(), asyncio.Event()

    async def slow(scope: object, receive: object, send: Send) -> None:
        asked.set()
        await finish.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"done"})

    async def main() -> None:
        path = tmp_path / "http"
        async with hosting(Echoes().make, 1) as sessions, asyncio.TaskGroup() as tasks:
            stop = asyncio.Event()
            server = HttpServer(slow, f"unix:{path}", sessions, 1, drain_s=30)
            serving = tasks.create_task(server.serve(stop))
            transport = httpx.AsyncHTTPTransport(uds=str(path))
            async with httpx.AsyncClient(transport=transport) as client:
                answer = tasks.create_task(client.get("http://x/"))
                await asked.wait()
                stop.set()
                # Longer than connections are given without a grace.
                await asyncio.sleep(CLOSE_S + 0.5)
                assert not serving.done()
                finish.set()
                assert (await answer).text == "done"

    asyncio.run(main())
