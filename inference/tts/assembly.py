"""Builds what the service consists of, from its settings."""

from __future__ import annotations

from contextlib import ExitStack

from antiphon.diligence import UNKEPT, Diligence
from antiphon.v1 import common_pb2, synthesizer_pb2
from inference.card.require import require
from inference.card.voice import tts_need
from inference.tts.bridge import BridgedEngine
from inference.tts.clauses import MAX_CHARACTERS
from inference.tts.engine import Engine, EngineInfo, Voice
from inference.tts.normalise import normalise
from inference.tts.service import Parts
from inference.tts.settings import TtsSettings
from inference.tts.simulated import SimulatedEngine
from inference.tts.stage import together
from inference.tts.watch import UNWATCHED, Watch
from models.catalogue import load_catalogue
from models.settings import ModelsSettings
from models.store import Store

# onnxruntime allocates as it meets new lengths: a short clause and a long one.
_WARM_UP = (
    "One.",
    "This is said to nobody, before the first caller comes, so that nobody waits for it.",
)
# On a card, a clause of as many characters as one may have, without a mark at which the voice could breathe.
_LONGEST = ("extraordinarily " * MAX_CHARACTERS)[:MAX_CHARACTERS].rstrip()


def assemble(
    settings: TtsSettings,
    models: ModelsSettings,
    closing: ExitStack,
    watch: Watch = UNWATCHED,
    diligence: Diligence = UNKEPT,
) -> Parts:
    """Load the voice, warm; blocks for seconds. What must be shut is pushed on `closing`."""
    if settings.engine == "simulated":
        engine: Engine = SimulatedEngine(settings.simulated_ms, settings.simulated_seed, watch)
        return Parts(settings, engine, _simulated(engine.info), _simulated_voice(engine.info))
    store = Store(models.dir, load_catalogue(models.catalogue))
    require(lambda _: tts_need(settings, store.catalogue))
    voice = _load(settings, store)
    bridged = BridgedEngine(voice, settings.batch, watch, diligence)
    closing.callback(bridged.close)
    return Parts(
        settings, bridged, _info(settings, store, voice.info), _voice(settings, store, voice.info)
    )


def _load(settings: TtsSettings, store: Store) -> Voice:
    # Imported here: a process that simulates must not need, or pay for, the engine's libraries.
    from inference.tts.vits.loading import load_voice

    voice = load_voice(store.path(settings.model), settings)
    # In a batch, where callers are computed for in one: the last text fills the largest windows.
    for text in (*_WARM_UP, _LONGEST) if settings.device == "cuda" else _WARM_UP:
        words = normalise(text)
        together([voice.speak(words, 1.0) for _ in range(settings.batch)])
    return voice


def _info(settings: TtsSettings, store: Store, info: EngineInfo) -> common_pb2.ServiceInfo:
    return common_pb2.ServiceInfo(
        engine=info.name,
        model=settings.model,
        revision=store.revision(settings.model),
        licence=store.catalogue.entry(settings.model).licence,
        capabilities=info.capabilities,
    )


def _voice(settings: TtsSettings, store: Store, info: EngineInfo) -> synthesizer_pb2.Voice:
    entry = store.catalogue.entry(settings.model)
    return synthesizer_pb2.Voice(
        name=entry.name,
        language=info.language,
        licence=entry.licence,
        sample_rate_hz=info.sample_rate_hz,
        description=f"Licensed for {entry.allows}",
    )


def _simulated(info: EngineInfo) -> common_pb2.ServiceInfo:
    return common_pb2.ServiceInfo(engine=info.name, capabilities=info.capabilities, simulated=True)


def _simulated_voice(info: EngineInfo) -> synthesizer_pb2.Voice:
    return synthesizer_pb2.Voice(
        name="simulated",
        language=info.language,
        sample_rate_hz=info.sample_rate_hz,
        description="A hum, not speech: no model computes it.",
    )
