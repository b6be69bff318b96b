"""Riva's messages and service classes, as NVIDIA's own package has them."""

from __future__ import annotations

# Before Riva's: its package holds a health service of the same name, and the pool refuses the second of two
# unless it is this one that came first.
import grpc_health.v1.health_pb2  # noqa: F401
from riva.client.proto import riva_asr_pb2 as asr
from riva.client.proto import riva_asr_pb2_grpc as asr_grpc
from riva.client.proto import riva_audio_pb2 as audio
from riva.client.proto import riva_tts_pb2 as tts
from riva.client.proto import riva_tts_pb2_grpc as tts_grpc

__all__ = ["asr", "asr_grpc", "audio", "tts", "tts_grpc"]
