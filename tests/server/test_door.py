from __future__ import annotations

from antiphon.errors import Exhausted
from antiphon.in_flight import stopping
from server.door import UNWATCHED, Refusal, SessionEnd, Transport, Wanted, why


def test_a_refusal_is_for_want_of_room_or_since_the_gateway_stops() -> None:
    assert why(Exhausted("all are taken", reason="SESSIONS_FULL")) is Refusal.FULL
    assert why(stopping()) is Refusal.STOPPING


def test_nobody_need_watch() -> None:
    UNWATCHED.refused(Wanted.CONVERSATION, Refusal.FULL)
    UNWATCHED.ended(Transport.GRPC, SessionEnd.LOST)
