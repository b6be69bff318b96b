"""The listener that Prometheus scrapes: a thread of its own, that can cost its process next to nothing.

One scrape takes 2 to 4 ms in which no Python of the process runs. So scrapes are served one after another,
and so many a second; whoever comes more often is not even accepted until then, which is the kernel's work and
not ours: to refuse 10,000 connections a second takes the better part of a core.
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer
from threading import Thread, Timer
from time import monotonic, sleep
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from antiphon.errors import Misconfigured
from antiphon.observability.pace import Pace
from antiphon.observability.settings import host_and_port

log = logging.getLogger(__name__)

# Two Prometheus servers that scrape every second, and a person who looks.
PER_S = 5.0
BURST = 10
# In the kernel's queue: three seconds' worth, and less than Prometheus's patience of 10 s.
BACKLOG = 16
# A scrape is over in milliseconds; whoever connects and is silent holds up the others.
DEADLINE_S = 2.0
TELL_EVERY_S = 60.0
# How long the end of the process waits for the thread at most.
POLL_S = 0.1
PATHS = ("/metrics", "/")


@contextmanager
def scraped(address: str, registry: CollectorRegistry) -> Iterator[None]:
    """Serve what `registry` holds at `address`, HOST:PORT, for the length of the block.

    Raises `Misconfigured` where nobody can listen there.
    """
    server = _listen(address, registry)
    thread = Thread(target=server.serve_forever, args=(POLL_S,), name="metrics", daemon=True)
    thread.start()
    log.info("metrics at http://%s%s", address, PATHS[0])
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _listen(address: str, registry: CollectorRegistry) -> _Listener:
    host, port = host_and_port(address)
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return _Listener(family, (host, port), registry)
    except OSError as error:
        raise Misconfigured(
            f"[observability] metrics_address: cannot listen at {address}: {error.strerror or error}; stop "
            "the process that uses it, or set another address"
        ) from None


class _Listener(TCPServer):
    allow_reuse_address = True  # a port whose last connections are only winding down is free
    request_queue_size = BACKLOG

    def __init__(
        self, family: socket.AddressFamily, place: tuple[str, int], registry: CollectorRegistry
    ) -> None:
        self.address_family = family
        self.registry = registry
        self._place = place
        self._pace = Pace(PER_S, BURST)
        self._told_s: float | None = None
        super().__init__(place, _Scrape)

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept the next connection, once it is its turn."""
        wait_s = self._pace.wait_s(monotonic())
        if wait_s:
            self._tell()
            sleep(wait_s)
        return super().get_request()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a client that went away is its own affair."""

    def _tell(self) -> None:
        now_s = monotonic()
        if self._told_s is None or now_s >= self._told_s + TELL_EVERY_S:
            self._told_s = now_s
            log.warning(
                "metrics at %s:%d are scraped more than %g times a second: further scrapes wait, callers are "
                "not affected; let fewer scrape, or less often",
                *self._place,
                PER_S,
            )


class _Scrape(BaseHTTPRequestHandler):
    server: _Listener
    server_version = "antiphon"
    sys_version = ""

    def setup(self) -> None:
        """Begin, and see to it that there is an end."""
        super().setup()
        self._watchdog = Timer(DEADLINE_S, self._give_up)
        self._watchdog.daemon = True
        self._watchdog.start()

    def finish(self) -> None:
        """End."""
        self._watchdog.cancel()
        super().finish()

    def do_GET(self) -> None:  # the library's name
        """Send the metrics."""
        if self.path.partition("?")[0] not in PATHS:
            self.send_error(404)
            return
        encode, content_type = choose_encoder(self.headers.get("Accept", ""))
        body = encode(self.server.registry)
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Write nothing: what a client asks for may be anything."""

    def _give_up(self) -> None:
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)
