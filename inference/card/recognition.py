"""What speech recognition takes of a card. Pure.

CTranslate2 holds the weights once for all its workers. Its attention is not fused: the encoder's scores, and
what softmax makes of them, are the greater part of what a piece of speech takes while it is decoded.
"""

from __future__ import annotations

import math

from inference.asr.decoder import LONG_WORKERS
from inference.asr.settings import AsrSettings
from inference.card.card import Need
from inference.card.part import PROCESS_MIB, Part, known_mib
from models.catalogue import Attention, Catalogue, Entry

# CTranslate2 4.8 is built with CUDA 12, and computes in float16 on Volta and later.
CUDA, CAPABILITY = 12, (7, 0)
MIB = 2**20
WINDOW_S = 30.0
POSITIONS_PER_S = 50
VALUE_BYTES = 2
# Of the weights as they are stored, in float16. Eight bits leave some as they are; they were seen to take
# 2537 MB down to 1545 (SYSTRAN/faster-whisper#1030), more than this says.
WEIGHT_SHARES = {
    "float16": 1.0,
    "float32": 2.0,
    "int8": 0.55,
    "int8_float16": 0.55,
    "int8_float32": 0.55,
}
# Scores, and their softmax.
SCORES = 2
# Of a layer's width, for each position: residual, queries, keys, values, and the four of the feed-forward
# part, some of them twice.
WIDTHS = 11


def asr_need(settings: AsrSettings, catalogue: Catalogue) -> Need | None:
    """Return what recognition needs, None where it uses no card."""
    if settings.device != "cuda" or settings.engine == "simulated":
        return None
    entry = catalogue.entry(settings.model)
    return Need("asr", known_mib(lambda: recognition(settings, entry)), CUDA, CAPABILITY)


def recognition(settings: AsrSettings, entry: Entry) -> tuple[Part, ...]:
    """Return the parts; raise `KeyError` where the catalogue does not know what the model takes on a GPU."""
    weights = entry.memory_mib["gpu"] * WEIGHT_SHARES[settings.compute_type]
    return (
        Part("driver and libraries", PROCESS_MIB),
        Part(f"weights of {entry.name}, {settings.compute_type}", math.ceil(weights)),
        Part(f"decoding {longest_batch(settings)} pieces of 30 s", _batches_mib(settings, entry)),
    )


def longest_batch(settings: AsrSettings) -> int:
    """Return how many of the longest pieces are decoded at once."""
    return _pieces(settings, WINDOW_S)


def shortest_batch(settings: AsrSettings) -> int:
    """Return how many of the longest pieces of the short lane are decoded at once."""
    return _pieces(settings, settings.short_s)


def piece_mib(attention: Attention, seconds: float) -> float:
    """Return what one piece takes while it is encoded and decoded."""
    positions = POSITIONS_PER_S * min(seconds, WINDOW_S)
    scores = SCORES * attention.heads * positions**2 * VALUE_BYTES
    hidden = WIDTHS * attention.heads * attention.head_dim * positions * VALUE_BYTES
    kept = POSITIONS_PER_S * WINDOW_S * attention.position_bytes(VALUE_BYTES)
    return (scores + hidden + kept) / MIB


def _batches_mib(settings: AsrSettings, entry: Entry) -> int:
    """Return what is taken where every worker decodes all that it may at once."""
    if entry.attention is None:
        raise KeyError("attention")
    short = shortest_batch(settings) * piece_mib(entry.attention, settings.short_s)
    long = longest_batch(settings) * piece_mib(entry.attention, WINDOW_S)
    return math.ceil(short + LONG_WORKERS * long)


def _pieces(settings: AsrSettings, seconds: float) -> int:
    """Return how many pieces so long are decoded at once; one is, however long."""
    return max(1, min(settings.max_batch, int(settings.max_batch_s / max(seconds, 1.0))))
