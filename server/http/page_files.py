"""The page: open to everybody, whole in itself, and not allowed to load anything from elsewhere."""

from __future__ import annotations

import os
from pathlib import Path, PurePath

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

PAGE = Path(__file__).parents[1] / "page" / "dist"

# Named here: what a system's own table says of .js and .wasm differs, and browsers refuse a wrong type.
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".md": "text/plain; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".onnx": "application/octet-stream",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
# `wasm-unsafe-eval` compiles the voice detector.
POLICY = "; ".join(
    [
        "default-src 'self'",
        "script-src 'self' 'wasm-unsafe-eval'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "microphone=(self)",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    # File names have no hashes: a browser asks each time, and is told that nothing has changed.
    "Cache-Control": "no-cache",
}
ABSENT = (
    "The page is not built here: `server/page/dist` is missing. Build it with `npm run build` in "
    "`server/page`; everything else is served as ever.\n"
)


class PageFiles(StaticFiles):
    """The files of `folder`, with `index.html` at `/`."""

    def __init__(self, folder: Path = PAGE) -> None:
        super().__init__(directory=folder, html=True, check_dir=False)
        self._index = folder / "index.html"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a file, or say that there are none."""
        if scope["type"] == "http" and Request(scope).url.path == "/" and not self._index.exists():
            await PlainTextResponse(ABSENT, status_code=503)(scope, receive, send)
            return
        await super().__call__(scope, receive, send)

    async def check_config(self) -> None:
        """Do not mind a missing folder: without it, a file is only not found."""

    def file_response(
        self,
        full_path: str | os.PathLike[str],
        stat_result: os.stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        """Return a file, or that it has not changed."""
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers.update(HEADERS)
        suffix = PurePath(full_path).suffix.lower()
        if response.status_code == 200:
            response.headers["Content-Type"] = TYPES.get(suffix, "application/octet-stream")
        return response
