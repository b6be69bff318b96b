"""Just enough of a gateway to hold calls with the page.

`python -m tests.server.page.fake_gateway` serves at a free port of the loopback and prints its address.
What it is to do wrong is posted to `/test/MOOD`: `well`, `full`, `refuse`; `/test/drop` breaks the line
of every call, `/test/go` lets their replies go on from their middle, and `/test/log` tells what was sent.
"""

from __future__ import annotations

import json
import socket
import time
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.staticfiles import StaticFiles
from starlette.middleware.base import RequestResponseEndpoint

from ops.settings import REPOSITORY
from tests.server.page.fake_call import Call

DIST = REPOSITORY / "server/page/dist"
# Nothing inline, nothing from elsewhere; WebAssembly for the VAD in the browser.
POLICY = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; base-uri 'none'; form-action 'none'"
)


class Gateway:
    """The routes."""

    def __init__(self, dist: Path = DIST) -> None:
        self.app = FastAPI()
        self._mood = "well"
        self._calls: dict[str, Call] = {}
        self._log: list[dict[str, Any]] = []
        self._keys = 0
        self.app.middleware("http")(_secured)
        self.app.post("/v1/antiphon/page_key")(self._key)
        self.app.post("/v1/antiphon/ice_servers")(self._relays)
        self.app.post("/v1/realtime/calls")(self._call)
        self.app.post("/v1/realtime/calls/{call_id}/hangup")(self._hang_up)
        self.app.post("/test/drop")(self._drop)
        self.app.post("/test/go")(self._go)
        self.app.get("/test/log")(self._told)
        self.app.post("/test/{mood}")(self._feel)
        self.app.mount("/", StaticFiles(directory=dist, html=True))

    async def _key(self, request: Request) -> Response:
        given = await request.json()
        renewed = request.headers.get("authorization", "").startswith("Bearer ek_")
        if given.get("token") != "once" and not renewed:
            return _problem(401, "this token is spent")
        self._keys += 1
        return _json({"value": f"ek_{self._keys}", "expires_at": int(time.time()) + 600})

    async def _relays(self, request: Request) -> Response:
        if not _authorised(request):
            return _problem(401, "no such key")
        return _json({"ice_servers": []})

    async def _call(self, request: Request) -> Response:
        if self._mood == "full":
            return _problem(503, "full", {"Retry-After": "8"})
        if self._mood == "refuse" or not _authorised(request):
            return _problem(401, "no such key")
        form = await request.form()
        session = json.loads(str(form["session"]))
        self._log.append({"type": "call", "session": session})
        token = session.get("antiphon", {}).get("resume_token", "")
        session_id = token.removeprefix("rt_") or f"sess_{len(self._calls)}"
        call_id = f"rtc_{len(self._calls)}"
        call = self._calls[call_id] = Call(session_id, self._log)
        call.turn_detection = session["audio"]["input"]["turn_detection"] is not None
        answer = await call.answer(str(form["sdp"]))
        headers = {"Location": f"/v1/realtime/calls/{call_id}"}
        return Response(answer, 201, headers, media_type="application/sdp")

    async def _hang_up(self, call_id: str, request: Request) -> Response:
        if not _authorised(request):
            return _problem(401, "no such key")
        self._log.append({"type": "hangup", "call": call_id})
        await self._calls[call_id].close()
        return Response(status_code=200)

    async def _drop(self) -> Response:
        for call in self._calls.values():
            await call.close()
        return Response(status_code=204)

    async def _go(self) -> Response:
        for call in self._calls.values():
            call.let_go_on.set()
        return Response(status_code=204)

    async def _told(self) -> Response:
        return _json(self._log)

    async def _feel(self, mood: str) -> Response:
        self._mood = mood
        return Response(status_code=204)


async def _secured(request: Request, call_next: RequestResponseEndpoint) -> Response:
    response = await call_next(request)
    response.headers["Content-Security-Policy"] = POLICY
    return response


def _authorised(request: Request) -> bool:
    return request.headers.get("authorization", "").startswith("Bearer ek_")


def _problem(status: int, message: str, headers: dict[str, str] | None = None) -> Response:
    return _json({"error": {"message": message}}, status, headers)


def _json(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(json.dumps(body), status, headers, media_type="application/json")


def main() -> None:
    """Serve until the process is ended."""
    listening = socket.create_server(("127.0.0.1", 0))
    print(f"http://127.0.0.1:{listening.getsockname()[1]}/", flush=True)
    uvicorn.Server(uvicorn.Config(Gateway().app, log_level="warning")).run(sockets=[listening])


if __name__ == "__main__":
    main()
