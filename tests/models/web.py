"""A web server on loopback that serves bytes and, when told to, does so badly."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import httpx


@dataclass
class Site:
    """What the server has, what goes wrong, and what it was asked."""

    files: dict[str, bytes] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    statuses: list[int] = field(default_factory=list)
    """Answered first, one a request, in place of the file."""
    redirects: dict[str, str] = field(default_factory=dict)
    breaks: list[int] = field(default_factory=list)
    """After how many bytes to cut the connection, one a request."""
    ranges: bool = True
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    url: str = ""

    def range_of(self, number: int) -> str | None:
        """Return the range that request `number` asked for."""
        return self.asked[number][2].get("range")


@contextmanager
def serving(**settings: object) -> Iterator[Site]:
    """Serve a new site for as long as the context is open."""
    site = Site(**settings)  # type: ignore[arg-type]

    class Handler(_Handler):
        pass

    Handler.site = site
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def browsing() -> Iterator[httpx.Client]:
    """A client that knows of no proxy and waits for nobody long."""
    with httpx.Client(trust_env=False, timeout=5.0, follow_redirects=True) as client:
        yield client


class _Handler(BaseHTTPRequestHandler):
    site: Site

    def do_GET(self) -> None:
        self._answer(body=True)

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def _answer(self, *, body: bool) -> None:
        site = self.site
        path = self.path.partition("?")[0]
        site.asked.append((self.command, path, {k.lower(): v for k, v in self.headers.items()}))
        if site.statuses:
            return self._bare(site.statuses.pop(0))
        if path in site.redirects:
            return self._bare(302, {"Location": site.redirects[path]})
        if path not in site.files:
            return self._bare(404)
        self._file(site.files[path], body=body)

    def _bare(self, status: int, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {**self.site.headers, **(headers or {}), "Content-Length": "0"}.items():
            self.send_header(name, value)
        self.end_headers()

    def _file(self, data: bytes, *, body: bool) -> None:
        found = re.match(r"bytes=(\d+)-", self.headers.get("Range", ""))
        start = int(found[1]) if found and self.site.ranges else 0
        if start and start >= len(data):
            return self._bare(416)
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        for name, value in {**self.site.headers, "Content-Length": str(len(data) - start)}.items():
            self.send_header(name, value)
        self.end_headers()
        if body:
            end = start + self.site.breaks.pop(0) if self.site.breaks else len(data)
            self.wfile.write(data[start:end])
