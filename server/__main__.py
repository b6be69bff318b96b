"""The gateway process: `python -m server`."""

from __future__ import annotations

import sys

import grpc

from antiphon.serving import run, serve
from antiphon.settings import load
from antiphon.v1 import conversation_pb2
from antiphon.v1.conversation_pb2_grpc import add_ConversationServicer_to_server
from server.converse import Converse
from server.engines.services import open_services
from server.keys import load_or_make
from server.realtime import vocabulary
from server.settings import AgentSettings, ServerSettings


async def main() -> None:
    """Serve callers until told to stop."""
    settings = load("server", ServerSettings)
    agent = load("agent", AgentSettings)
    key = load_or_make(settings.key_file)
    services = open_services(settings)
    vocabulary.build()

    async def register(server: grpc.aio.Server) -> list[str]:
        add_ConversationServicer_to_server(Converse(services, settings, agent, key), server)
        return [conversation_pb2.DESCRIPTOR.services_by_name["Conversation"].full_name]

    try:
        await serve(settings.address, register)
    finally:
        await services.close()


if __name__ == "__main__":
    sys.exit(run(main()))
