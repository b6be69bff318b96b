"""The gateway process: `python -m server`."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Iterable
from contextlib import closing
from functools import partial

from fastapi import APIRouter

from antiphon.observability.process import observed
from antiphon.observability.settings import ObservabilitySettings
from antiphon.serving import Secured, run, serve
from antiphon.settings import load
from server import vitals
from server.access import certificate, installation_key
from server.access.certificate import Certificate
from server.access.key_interceptor import SESSION_SERVICE, KeyInterceptor
from server.access.keyring import Keyring
from server.access.reach import stays_on_host
from server.echo_canceller import EchoCanceller
from server.edge.port import Port
from server.engines.guests import Guests
from server.engines.services import open_services
from server.http import app
from server.http.http_server import HttpServer
from server.http.openai.desk import Desk
from server.http.openai.routers import routers
from server.http.realtime.calls import Calls, switchboard
from server.observability.gateway import Watch
from server.realtime import vocabulary
from server.session_maker import SessionMaker
from server.sessions import hosting
from server.settings import AgentSettings, ServerSettings
from server.webrtc.peer import Peer
from server.webrtc.settings import WebRtcSettings
from server.webrtc.turn import IceServers

log = logging.getLogger(__name__)

# Riva's clients send a recording in one message: eight minutes of it at 16 kHz.
MAX_MESSAGE_BYTES = 16 * 1024 * 1024
# For each place its call, one that resumes or waits for its first words, and two that are being told that all
# places are taken; then health and monitoring, which show no key.
CALLS_PER_PLACE = 4
OTHER_CALLS = 1024
# Recognition, the language model, the voice.
ENGINES = 3


async def main() -> None:
    """Serve callers until told to stop."""
    with observed(load("observability", ObservabilitySettings), "server") as watched:
        await _gateway(Watch.over(watched.registry, watched.spans))


async def _gateway(watch: Watch) -> None:
    settings = load("server", ServerSettings)
    agent = load("agent", AgentSettings)
    webrtc = load("webrtc", WebRtcSettings)
    keyring = Keyring(installation_key.load_or_make(settings.key_file), watch.door)
    ice_servers = IceServers(webrtc)
    answer = partial(Peer.answer, settings=webrtc, note=watch.note, ice_servers=ice_servers.current)
    services = open_services(settings, agent.apology)
    maker = SessionMaker(services, agent, watch.observer, EchoCanceller)
    vocabulary.build()
    try:
        async with (
            services.watched(),
            hosting(maker.make, settings.max_sessions, watch.door) as sessions,
            switchboard(sessions, answer) as calls,
        ):
            watch.begin(sessions, services.pulses)
            guests = Guests(settings.max_guests, watch.door)
            port = Port(sessions, keyring, services, guests)
            apis = routers(Desk(keyring, sessions, services, guests, agent))
            await _serve(settings, port, maker, calls, apis, ice_servers)
    finally:
        await services.close()


async def _serve(
    settings: ServerSettings,
    port: Port,
    maker: SessionMaker,
    calls: Calls,
    apis: Iterable[APIRouter],
    ice_servers: IceServers,
) -> None:
    shown = _certificate(settings)
    application = app.build(
        port.keyring,
        port.sessions,
        calls,
        maker.describe,
        settings.cors_origins,
        apis,
        ice_servers.current,
        port.services.pulses,
    )
    with closing(
        HttpServer(
            application,
            settings.http,
            port.sessions,
            settings.max_sessions,
            None if stays_on_host(settings.http) else shown,
            drain_s=settings.drain_s,
        )
    ) as http:
        secured = None
        if shown is not None and not stays_on_host(settings.address):
            secured = Secured(settings.address, shown.for_grpc())
        places = settings.max_sessions + ENGINES * settings.max_guests
        async with asyncio.TaskGroup() as tasks:
            watching = tasks.create_task(vitals.watch(settings.vitals, port.sessions.lag))
            await serve(
                settings.local_address,
                port.register,
                grace_s=settings.drain_s,
                secured=secured,
                interceptors=[KeyInterceptor(port.keyring)],
                # Who lost its line may come back while the others end; `Sessions` tells them apart.
                admitting=[SESSION_SERVICE],
                beside=[http.serve],
                max_message_bytes=MAX_MESSAGE_BYTES,
                most_calls=places * CALLS_PER_PLACE + OTHER_CALLS,
                readiness=port.services.pulses.readiness,
            )
            watching.cancel()


def _certificate(settings: ServerSettings) -> Certificate | None:
    if not settings.needs_tls:
        return None
    shown = certificate.load_or_make(settings)
    log.info("certificate %s, SHA-256 %s", shown.chain, shown.fingerprint)
    return shown


if __name__ == "__main__":
    sys.exit(run(main()))
