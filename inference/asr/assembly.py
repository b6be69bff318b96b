"""Builds what the service consists of, from its settings."""

from __future__ import annotations

from contextlib import ExitStack

import numpy as np

from antiphon.audio import RECOGNITION_RATE_HZ
from antiphon.diligence import UNKEPT, Diligence
from antiphon.v1 import common_pb2
from inference.asr.background import in_background
from inference.asr.decoder import LONG_WORKERS, Decoder, QueuedDecoder
from inference.asr.engine import BatchEngine
from inference.asr.judge import Judge
from inference.asr.schedule import Limits
from inference.asr.service import Parts
from inference.asr.settings import AsrSettings
from inference.asr.simulated import SimulatedDecoder
from inference.asr.smart_turn import SmartTurn
from inference.asr.utterance import JudgeTurn
from inference.asr.vad import Silero
from inference.asr.warming import warm, warm_through
from inference.asr.watch import UNWATCHED, Watch
from inference.card.recognition import asr_need
from inference.card.require import require
from models.settings import ModelsSettings
from models.store import Store, open_store

END_OF_TURN = "end_of_turn"


def assemble(
    settings: AsrSettings,
    models: ModelsSettings,
    closing: ExitStack,
    watch: Watch = UNWATCHED,
    diligence: Diligence = UNKEPT,
) -> Parts:
    """Load all models, warm; blocks for seconds. What must be shut is pushed on `closing`."""
    store = open_store(models)
    require(lambda _: asr_need(settings, store.catalogue))
    vad = Silero(store.path(settings.vad))
    judge = _judge(settings, store, closing)
    decoder = _decoder(settings, store, closing, watch, diligence)
    return Parts(settings, decoder, vad.listen, judge, _info(settings, store, decoder))


def _decoder(
    settings: AsrSettings, store: Store, closing: ExitStack, watch: Watch, diligence: Diligence
) -> Decoder:
    if settings.engine == "simulated":
        return SimulatedDecoder(
            settings.simulated_ms, settings.simulated_seed, settings.simulated_text, watch
        )
    short, long = _whispers(settings, store)
    limits = Limits(settings.max_batch, settings.max_batch_s, settings.max_batch_extra_s)
    decoder = QueuedDecoder(
        short, long, limits, settings.short_s, settings.max_streams, watch, diligence
    )
    closing.callback(decoder.shut)
    return decoder


def _whispers(settings: AsrSettings, store: Store) -> tuple[BatchEngine, BatchEngine]:
    """Return the engine of what is short and that of what is long."""
    # Imported here: a process that simulates must not need, or pay for, the engine's library.
    from inference.asr.whisper import Whisper, WhisperOptions

    def load(workers: int) -> BatchEngine:
        options = WhisperOptions(
            settings.device, settings.compute_type, settings.threads, settings.beam_size, workers
        )
        return Whisper(store.path(settings.model), options)

    if settings.device == "cpu":
        # Twice in memory, 170 MB with base: a thread that yields cannot be made one that does not.
        return warm(load(1)), in_background(lambda: warm(load(LONG_WORKERS)))
    # A card knows no nice threads, and its memory is dear.
    whisper = warm_through(load(1 + LONG_WORKERS), settings, 1 + LONG_WORKERS)
    return whisper, whisper


def _judge(settings: AsrSettings, store: Store, closing: ExitStack) -> JudgeTurn | None:
    if not settings.end_of_turn:
        return None
    model = SmartTurn(store.path(settings.end_of_turn))
    model.probability(np.zeros(RECOGNITION_RATE_HZ, np.float32))
    judge = Judge(model)
    closing.callback(judge.shut)
    return judge.probability


def _info(settings: AsrSettings, store: Store, decoder: Decoder) -> common_pb2.ServiceInfo:
    about = decoder.about
    capabilities = [*about.capabilities, *([END_OF_TURN] if settings.end_of_turn else [])]
    if about.simulated:
        return common_pb2.ServiceInfo(
            engine=about.engine, capabilities=capabilities, simulated=True
        )
    entry = store.catalogue.entry(settings.model)
    return common_pb2.ServiceInfo(
        engine=about.engine,
        model=entry.name,
        revision=store.revision(entry.name),
        licence=entry.licence,
        capabilities=capabilities,
    )
