"""The gateway process: `python -m server`."""

from __future__ import annotations

import logging
import sys
from contextlib import closing
from functools import partial

import grpc

from antiphon.serving import Secured, run, serve
from antiphon.settings import load
from antiphon.v1 import conversation_pb2
from antiphon.v1.conversation_pb2_grpc import add_ConversationServicer_to_server
from server.access import certificate, installation_key
from server.access.certificate import Certificate
from server.access.keyring import Keyring
from server.access.reach import stays_on_host
from server.edge.converse import Converse
from server.engines.services import open_services
from server.http import app
from server.http.http_server import HttpServer
from server.http.realtime.calls import Calls, switchboard
from server.realtime import vocabulary
from server.session_maker import SessionMaker
from server.sessions import Sessions, hosting
from server.settings import AgentSettings, ServerSettings
from server.webrtc.peer import Peer
from server.webrtc.settings import WebRtcSettings

log = logging.getLogger(__name__)


async def main() -> None:
    """Serve callers until told to stop."""
    settings = load("server", ServerSettings)
    agent = load("agent", AgentSettings)
    webrtc = load("webrtc", WebRtcSettings)
    keyring = Keyring(installation_key.load_or_make(settings.key_file))
    services = open_services(settings)
    maker = SessionMaker(services, agent)
    vocabulary.build()
    try:
        async with (
            hosting(maker.make, settings.max_sessions) as sessions,
            switchboard(sessions, partial(Peer.answer, settings=webrtc)) as calls,
        ):
            await _serve(settings, keyring, maker, sessions, calls)
    finally:
        await services.close()


async def _serve(
    settings: ServerSettings,
    keyring: Keyring,
    maker: SessionMaker,
    sessions: Sessions,
    calls: Calls,
) -> None:
    async def register(server: grpc.aio.Server) -> list[str]:
        add_ConversationServicer_to_server(Converse(sessions, keyring), server)
        return [conversation_pb2.DESCRIPTOR.services_by_name["Conversation"].full_name]

    shown = _certificate(settings)
    application = app.build(keyring, sessions, calls, maker.describe, settings.cors_origins)
    with closing(
        HttpServer(
            application,
            settings.http,
            sessions,
            settings.max_sessions,
            None if stays_on_host(settings.http) else shown,
        )
    ) as http:
        secured = None
        if shown is not None and not stays_on_host(settings.address):
            secured = Secured(settings.address, shown.for_grpc())
        await serve(settings.local_address, register, secured=secured, beside=[http.serve])


def _certificate(settings: ServerSettings) -> Certificate | None:
    if not settings.needs_tls:
        return None
    shown = certificate.load_or_make(settings)
    log.info("certificate %s, SHA-256 %s", shown.chain, shown.fingerprint)
    return shown


if __name__ == "__main__":
    sys.exit(run(main()))
