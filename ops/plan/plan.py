"""What fits on a card together. Pure: figures in, a plan or the reason that there is none out.

The voice and recognition get what they need, vLLM gets the rest of the card, less a reserve: what its cache
does not hold for sessions it holds of what they have in common. Every session is counted with its whole
context, as if none shared its instructions with another.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from inference.asr.settings import AsrSettings
from inference.card.language import CONTEXT, cache_mib, language, sequence_mib, tokens_in
from inference.card.part import Part, total_mib
from inference.card.recognition import recognition
from inference.card.voice import voice
from inference.tts.settings import TtsSettings
from models.catalogue import Attention, Catalogue
from ops.plan.cards import Known
from ops.plan.request import BATCHES, LANGUAGE_MODELS, Request

# What allocators round up and fragment; no figure is published.
RESERVE_MIB = 512
# Of the card, for recognition: what is more serves files, and the cache serves callers.
RECOGNITION_SHARE = 0.25
BLOCK = 16  # tokens, vLLM's own for CUDA
MIB = 2**20


@dataclass(frozen=True, slots=True)
class Plan:
    """What each engine is given; `cache_mib` is left for vLLM's cache, less than 0 where nothing is.

    `spare_mib` is kept free for the engine that replaces another.
    """

    card: Known
    request: Request
    language_model: str
    attention: Attention
    asr: AsrSettings
    tts: TtsSettings
    parts: Mapping[str, tuple[Part, ...]]
    spare_mib: int
    share: float
    cache_mib: int

    @property
    def cache_tokens(self) -> int:
        """How many tokens the cache holds."""
        return tokens_in(max(self.cache_mib, 0), self.attention, BLOCK)

    @property
    def cache_bytes(self) -> int:
        """The cache, in whole blocks."""
        return self.cache_tokens * self.attention.position_bytes()

    @property
    def sessions(self) -> int:
        """How many sessions memory holds, each with its whole context."""
        one = sequence_mib(self.request.context_tokens, self.attention, BLOCK)
        return max(0, math.floor(self.cache_mib / one))

    @property
    def models(self) -> tuple[str, ...]:
        """The catalogue's names of all that the engines load."""
        heard = (self.asr.vad, self.asr.end_of_turn, self.asr.model)
        return tuple(name for name in (*heard, self.language_model, self.tts.model) if name)

    @property
    def fits(self) -> bool:
        """Whether memory holds the sessions that are asked for."""
        return self.sessions >= self.request.sessions

    @property
    def needed_mib(self) -> int:
        """What all of it takes with the sessions that are asked for."""
        one = sequence_mib(self.request.context_tokens, self.attention, BLOCK)
        cache = math.ceil(one * self.request.sessions)
        return sum(map(total_mib, self.parts.values())) + cache + self.spare_mib + RESERVE_MIB


def plan(card: Known, request: Request, catalogue: Catalogue) -> Plan:
    """Return the best plan that fits, or where none does the one that needs least."""
    tried = list(_plans(card, request, catalogue))
    fitting = (one for one in tried if one.fits)
    return next(fitting, None) or min(tried, key=lambda one: one.needed_mib)


def _plans(card: Known, request: Request, catalogue: Catalogue) -> Iterator[Plan]:
    """Yield what is tried, the best first."""
    models = (request.language_model,) if request.language_model else LANGUAGE_MODELS
    for model in models:
        for batch in BATCHES:
            one = _plan(card, request, catalogue, model, batch)
            modest = total_mib(one.parts["asr"]) <= RECOGNITION_SHARE * card.usable_mib
            if modest or batch == BATCHES[-1]:
                yield one


def _plan(
    card: Known, request: Request, catalogue: Catalogue, model: str, batch: tuple[int, float]
) -> Plan:
    entry, asr, tts = catalogue.entry(model), request.asr(*batch), request.tts()
    assert entry.attention is not None  # `check` has seen to it
    parts = {
        "asr": recognition(asr, catalogue.entry(asr.model)),
        "tts": voice(tts, catalogue.entry(tts.model)),
        "llm": (CONTEXT, *language(entry)),
    }
    once = [total_mib(parts[name]) for name in ("asr", "tts")]
    spare = max(once) if request.room_for_update else 0
    beside = sum(once) + spare + CONTEXT.mib + RESERVE_MIB
    # Two places, and down: what is said of it on the way to vLLM stays what was planned.
    share = max(0, math.floor(100 * (card.usable_mib - beside) / card.usable_mib)) / 100
    cache = cache_mib(share, card.usable_mib, entry)
    return Plan(card, request, model, entry.attention, asr, tts, parts, spare, share, cache)
