"""The scrape endpoint, over real sockets."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse

import pytest
from prometheus_client import CollectorRegistry, Counter
from prometheus_client.parser import text_string_to_metric_families

from antiphon.errors import Misconfigured
from antiphon.observability import scrapes
from antiphon.observability.scrapes import scraped


def free_address() -> str:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return f"127.0.0.1:{found.getsockname()[1]}"


@contextmanager
def _serving(counted: int = 0) -> Iterator[str]:
    registry = CollectorRegistry()
    Counter("antiphon_made_up", "Made up.", registry=registry).inc(counted)
    address = free_address()
    with scraped(address, registry):
        yield address


def _ask(address: str, path: str = "/metrics", method: str = "GET") -> tuple[HTTPResponse, str]:
    connection = HTTPConnection(address, timeout=30)
    try:
        connection.request(method, path)
        response = connection.getresponse()
        return response, response.read().decode()
    finally:
        connection.close()


@pytest.mark.parametrize("path", ["/metrics", "/", "/metrics?name[]=x"])
def test_prometheus_reads_what_was_counted(path: str) -> None:
    with _serving(counted=3) as address:
        response, body = _ask(address, path)
    assert response.status == 200
    samples = [s for family in text_string_to_metric_families(body) for s in family.samples]
    assert ("antiphon_made_up_total", 3.0) in [(s.name, s.value) for s in samples]
    assert "Python" not in str(response.getheader("Server"))


@pytest.mark.parametrize(("path", "method"), [("/etc", "GET"), ("/metrics", "POST")])
def test_there_is_nothing_else(path: str, method: str) -> None:
    with _serving() as address:
        response, body = _ask(address, path, method)
        assert response.status in (404, 501)
        assert "antiphon_made_up" not in body
        assert _ask(address)[0].status == 200


def test_an_address_in_use_is_told_before_anything_begins() -> None:
    with (
        _serving() as address,
        pytest.raises(Misconfigured) as told,
        scraped(address, CollectorRegistry()),
    ):
        raise AssertionError("two listen at one address")
    assert f"cannot listen at {address}: Address already in use" in told.value.message
    assert "[observability] metrics_address" in told.value.message


def test_an_address_of_another_host_is_told() -> None:
    with (
        pytest.raises(Misconfigured, match=r"cannot listen at 192\.0\.2\.1:9464"),
        scraped("192.0.2.1:9464", CollectorRegistry()),
    ):
        raise AssertionError("no such address here")


def test_the_address_is_free_after_the_block() -> None:
    with _serving() as address:
        _ask(address)
    with scraped(address, CollectorRegistry()):
        assert _ask(address)[0].status == 200


def test_a_flood_is_slowed_with_one_line_and_everybody_is_served_in_the_end(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr(scrapes, "sleep", waits.append)
    with _serving() as address:
        statuses = [_ask(address)[0].status for _ in range(40)]
    assert statuses == [200] * 40
    # None waits for its first ten.
    assert 20 <= len(waits) <= 30
    assert max(waits) > 1.0
    told = [r.message for r in caplog.records if r.levelno >= logging.WARNING]
    assert len(told) == 1
    assert f"metrics at {address} are scraped more than 5 times a second" in told[0]


def test_who_waits_is_not_accepted_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    go_on = threading.Event()
    waits: list[float] = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        go_on.wait(30)

    monkeypatch.setattr(scrapes, "sleep", wait)
    monkeypatch.setattr(scrapes, "BURST", 1)
    with _serving() as address:
        _ask(address)
        host, port = address.split(":")
        others = [socket.create_connection((host, int(port))) for _ in range(8)]
        try:
            for one in others:
                one.settimeout(0.2)
                one.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
            with pytest.raises(TimeoutError):
                others[0].recv(1)
            assert len(waits) == 1
            go_on.set()
            for one in others:
                one.settimeout(30)
                assert one.recv(12) == b"HTTP/1.0 200"
        finally:
            go_on.set()
            for one in others:
                one.close()


def test_a_client_that_is_silent_holds_up_the_others_for_a_moment_only(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(scrapes, "DEADLINE_S", 0.1)
    with _serving() as address:
        host, port = address.split(":")
        with socket.create_connection((host, int(port))) as silent:
            silent.sendall(b"GET /met")
            assert _ask(address)[0].status == 200
            assert silent.recv(1) == b""
        with socket.create_connection((host, int(port))) as gone:
            gone.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
        assert _ask(address)[0].status == 200
    out, err = capfd.readouterr()
    assert out + err == ""
