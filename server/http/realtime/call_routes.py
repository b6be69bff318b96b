"""`/v1/realtime/calls`: an SDP offer for an answer, and control of the call that begins with it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from antiphon.errors import Conflict, InvalidInput, Unsupported
from server.access.keyring import Keyring
from server.door import Transport
from server.http.admission import admit
from server.http.body import parse_object, read, read_parts
from server.http.realtime.calls import Calls
from server.http.realtime.opening import opening

CALLS_PATH = "/v1/realtime/calls"
SDP = "application/sdp"


class CallRoutes:
    """`accept`, `reject` and `refer` are for calls that ring, as those over SIP do: these never do."""

    def __init__(self, keyring: Keyring, calls: Calls) -> None:
        self._keyring = keyring
        self._calls = calls
        self.router = APIRouter(prefix=CALLS_PATH)
        add = partial(self.router.add_api_route, methods=["POST"], response_model=None)
        add("", self.create)
        add("/{call_id}/hangup", self.hang_up)
        add("/{call_id}/accept", self.accept)
        add("/{call_id}/reject", self.accept)
        add("/{call_id}/refer", self.refer)

    async def create(self, request: Request) -> Response:
        """Return the answer to an offer: the body itself, or `sdp` beside `session` in a form."""
        grant = admit(request, self._keyring)
        media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        session = None
        if media_type == "multipart/form-data":
            parts = await read_parts(request)
            offer = parts.get("sdp", b"")
            if "session" in parts:
                session = parse_object(parts["session"], "`session`")
        elif media_type == SDP:
            offer = await read(request)
        else:
            raise InvalidInput(
                f"`content-type` is {SDP} or multipart/form-data", reason="CONTENT_TYPE"
            )
        asked = replace(opening(request, grant, session), transport=Transport.WEBRTC)
        call = await self._calls.begin(offer.decode(errors="replace"), asked, grant.owner)
        location = {"Location": f"{CALLS_PATH}/{call.id}"}
        return Response(call.sdp, 201, location, media_type=SDP)

    async def hang_up(self, call_id: str, request: Request) -> Response:
        """End a call."""
        self._calls.find(call_id, admit(request, self._keyring)).hang_up()
        return Response()

    async def accept(self, call_id: str, request: Request) -> Response:
        """Say that it is too late."""
        self._calls.find(call_id, admit(request, self._keyring))
        raise Conflict(
            "a call over WebRTC is accepted with the answer to its offer; `hangup` ends it",
            reason="CALL_ACCEPTED",
        )

    async def refer(self, call_id: str, request: Request) -> Response:
        """Say that there is nowhere to refer it to."""
        self._calls.find(call_id, admit(request, self._keyring))
        raise Unsupported("only calls over SIP can be referred elsewhere", reason="NOT_SIP")
