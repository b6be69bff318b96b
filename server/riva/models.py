"""What the engines run, as Riva lists its models. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from antiphon.audio import RECOGNITION_RATE_HZ
from antiphon.v1.common_pb2 import ServiceInfo
from antiphon.v1.synthesizer_pb2 import Voice
from server.riva.protos import asr, tts

# Riva's name of what recognises any language.
ANY_LANGUAGE = "multi"
ONE_LANGUAGE = "en-US"
# Its clients say NAME.SUBVOICE, and some of them "NAME." where there is none.
SUBVOICE = "default"


def recognisers(info: ServiceInfo, asked: str = "") -> Any:
    """Return the recogniser as two models, for streams and for recordings: both, or the one `asked` for."""
    answer = asr.RivaSpeechRecognitionConfigResponse()
    name = info.model or info.engine
    for kind in ("online", "offline"):
        if asked not in ("", f"{name}-{kind}"):
            continue
        model = answer.model_config.add(model_name=f"{name}-{kind}")
        model.parameters.update(
            language_code=_language(info),
            sample_rate=str(RECOGNITION_RATE_HZ),
            streaming=str(kind == "online"),
            type=kind,
            **_origin(info),
        )
    return answer


def voices(info: ServiceInfo, listed: Iterable[Voice], asked: str = "") -> Any:
    """Return each voice as a model: all, or the one `asked` for."""
    answer = tts.RivaSynthesisConfigResponse()
    for voice in listed:
        if asked not in ("", voice.name):
            continue
        model = answer.model_config.add(model_name=voice.name)
        model.parameters.update(
            language_code=voice.language,
            voice_name=voice.name,
            subvoices=f"{SUBVOICE}:0",
            sample_rate=str(voice.sample_rate_hz),
            licence=voice.licence,
            **_origin(info),
        )
    return answer


def _language(info: ServiceInfo) -> str:
    return ANY_LANGUAGE if "language_detection" in info.capabilities else ONE_LANGUAGE


def _origin(info: ServiceInfo) -> dict[str, str]:
    return {"engine": info.engine, "simulated": str(info.simulated)}
