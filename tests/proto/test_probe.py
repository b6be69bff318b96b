"""What a container's health check asks: real servers on this host, one that serves and those that do not."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health, health_pb2_grpc
from grpc_health.v1.health_pb2 import HealthCheckResponse

from antiphon.probe import main, serves
from server.access import certificate
from server.settings import ServerSettings


@contextmanager
def engine(address: str, status: int) -> Iterator[None]:
    server = grpc.server(ThreadPoolExecutor(1))
    servicer = health.HealthServicer()
    servicer.set("", status)
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    server.add_insecure_port(address)
    server.start()
    try:
        yield
    finally:
        server.stop(None).wait()


@contextmanager
def gateway(status: int, context: ssl.SSLContext | None = None) -> Iterator[str]:
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Answer)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    try:
        scheme = "http" if context is None else "https"
        yield f"{scheme}://127.0.0.1:{server.server_port}/healthz"
    finally:
        server.shutdown()
        serving.join()
        server.server_close()


@pytest.mark.parametrize(
    ("status", "expected"),
    [(HealthCheckResponse.SERVING, True), (HealthCheckResponse.NOT_SERVING, False)],
)
def test_an_engine_says_by_itself_whether_it_serves(
    tmp_path: Path, status: int, expected: bool
) -> None:
    address = f"unix:{tmp_path}/engine.sock"
    with engine(address, status):
        assert serves(address) is expected


def test_where_nobody_listens_nothing_serves(tmp_path: Path) -> None:
    assert not serves(f"unix:{tmp_path}/nobody.sock")
    assert not serves("http://127.0.0.1:1/healthz")


def test_a_gateway_that_drains_serves_nobody_new() -> None:
    with gateway(200) as url:
        assert serves(url)
    with gateway(503) as url:
        assert not serves(url)


def test_its_own_certificate_is_not_looked_at(tmp_path: Path) -> None:
    made = certificate.load_or_make(ServerSettings(tls_dir=tmp_path))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.chain, made.key)
    with gateway(200, context) as url:
        assert serves(url)


def test_a_proxy_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    with gateway(200) as url:
        assert serves(url)


def test_the_exit_status_is_what_docker_reads(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    address = f"unix:{tmp_path}/engine.sock"
    with engine(address, HealthCheckResponse.SERVING):
        assert main([address]) == 0
    assert main([address]) == 1
    assert main([]) == 2
    assert "usage" in capsys.readouterr().err
