"""Riva's services on a gRPC server."""

from __future__ import annotations

import grpc

from server.engines.guests import Guests
from server.engines.services import Services
from server.riva.protos import asr, asr_grpc, tts, tts_grpc
from server.riva.recognition import Recognition
from server.riva.synthesis import Synthesis


def register(server: grpc.aio.Server, services: Services, guests: Guests) -> list[str]:
    """Add Riva's recognition and synthesis to `server`; return their full names."""
    asr_grpc.add_RivaSpeechRecognitionServicer_to_server(Recognition(services, guests), server)
    tts_grpc.add_RivaSpeechSynthesisServicer_to_server(Synthesis(services, guests), server)
    return [
        service.full_name
        for file in (asr, tts)
        for service in file.DESCRIPTOR.services_by_name.values()
    ]
