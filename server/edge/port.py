"""What the gRPC port serves, put together."""

from __future__ import annotations

from dataclasses import dataclass

import grpc

from antiphon.v1 import conversation_pb2, generator_pb2, recognizer_pb2, synthesizer_pb2
from antiphon.v1.conversation_pb2_grpc import add_ConversationServicer_to_server
from antiphon.v1.generator_pb2_grpc import add_GeneratorServicer_to_server
from antiphon.v1.recognizer_pb2_grpc import add_RecognizerServicer_to_server
from antiphon.v1.synthesizer_pb2_grpc import add_SynthesizerServicer_to_server
from server.access.keyring import Keyring
from server.edge.converse import Converse
from server.edge.engines import Generator, Recognizer, Synthesizer
from server.engines.guests import Guests
from server.engines.services import Services
from server.riva import registration as riva
from server.sessions import Sessions


@dataclass(frozen=True, slots=True)
class Port:
    """Registers the servicers; another one is a line here."""

    sessions: Sessions
    keyring: Keyring
    services: Services
    guests: Guests

    async def register(self, server: grpc.aio.Server) -> list[str]:
        """Add every servicer to `server`; return their services' full names."""
        add_ConversationServicer_to_server(Converse(self.sessions, self.keyring), server)
        add_RecognizerServicer_to_server(Recognizer(self.services, self.guests), server)
        add_GeneratorServicer_to_server(Generator(self.services, self.guests), server)
        add_SynthesizerServicer_to_server(Synthesizer(self.services, self.guests), server)
        files = (conversation_pb2, recognizer_pb2, generator_pb2, synthesizer_pb2)
        names = [
            service.full_name
            for file in files
            for service in file.DESCRIPTOR.services_by_name.values()
        ]
        return names + riva.register(server, self.services, self.guests)
