from __future__ import annotations

import subprocess
import sys

from server.riva import protos
from tests.speech import REPOSITORY


def test_the_services_are_rivas() -> None:
    names = [
        service.full_name
        for module in (protos.asr, protos.tts)
        for service in module.DESCRIPTOR.services_by_name.values()
    ]
    assert names == ["nvidia.riva.asr.RivaSpeechRecognition", "nvidia.riva.tts.RivaSpeechSynthesis"]
    assert protos.audio.AudioEncoding.keys() == [
        "ENCODING_UNSPECIFIED",
        "LINEAR_PCM",
        "FLAC",
        "MULAW",
        "OGGOPUS",
        "ALAW",
    ]


def test_rivas_own_health_service_may_be_imported_after_them_and_gives_way_to_grpcs() -> None:
    program = (
        "import server.riva.protos, riva.client.health\n"
        "from grpc_health.v1 import health_pb2\n"
        "print(health_pb2.HealthCheckRequest(service='x').service)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert done.stdout == "x\n", done.stderr
