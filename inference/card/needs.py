"""What each service of the settings needs of a card, and the refusal to start without it."""

from __future__ import annotations

from collections.abc import Callable

from antiphon.errors import Misconfigured
from inference.asr.settings import AsrSettings
from inference.card.card import Card, Need, faults
from inference.card.language import CONTEXT
from inference.card.nvml import probe
from inference.card.part import total_mib
from inference.card.recognition import recognition
from inference.card.voice import voice
from inference.llm.settings import LlmSettings
from inference.tts.settings import TtsSettings
from models.catalogue import Catalogue, Entry

# The CUDA that each engine's wheels are built with: CTranslate2 4.8, torch 2.13, vLLM 0.32.
ASR_CUDA, TTS_CUDA, LLM_CUDA = 12, 13, 13
# CTranslate2's float16, Volta and later; CUDA 13 itself, Turing and later; vLLM's bfloat16 and 4-bit
# kernels, Ampere.
ASR_CAPABILITY, TTS_CAPABILITY, LLM_CAPABILITY = (7, 0), (7, 5), (8, 0)


def asr_need(settings: AsrSettings, catalogue: Catalogue) -> Need | None:
    """Return what recognition needs, None where it uses no card."""
    if settings.device != "cuda" or settings.engine == "simulated":
        return None
    known = _known(
        catalogue.entry(settings.model), lambda one: total_mib(recognition(settings, one))
    )
    return Need("asr", known, ASR_CUDA, ASR_CAPABILITY)


def tts_need(settings: TtsSettings, catalogue: Catalogue) -> Need | None:
    """Return what the voice needs, None where it uses no card."""
    if settings.device != "cuda" or settings.engine == "simulated":
        return None
    known = _known(catalogue.entry(settings.model), lambda one: total_mib(voice(settings, one)))
    return Need("tts", known, TTS_CUDA, TTS_CAPABILITY)


def llm_need(settings: LlmSettings, card: Card) -> Need | None:
    """Return what vLLM needs on `card`, of which it takes a share; None where it takes none."""
    if settings.engine != "vllm":
        return None
    share_mib = int(settings.vllm.gpu_memory_utilization * card.memory_mib)
    return Need("llm", share_mib + CONTEXT.mib, LLM_CUDA, LLM_CAPABILITY)


def require(need: Need | None, card: Callable[[], Card | None] = probe) -> None:
    """Raise `Misconfigured` with the first thing that keeps a service from running on this card."""
    found = card() if need is not None else None
    if need is None or found is None:
        return
    for fault in faults(found, need):
        raise Misconfigured(fault.line, reason="CARD_UNFIT")


def require_for_llm(settings: LlmSettings, card: Callable[[], Card | None] = probe) -> None:
    """Do what `require` does, for vLLM."""
    found = card() if settings.engine == "vllm" else None
    if found is not None:
        require(llm_need(settings, found), lambda: found)


def _known(entry: Entry, mib: Callable[[Entry], int]) -> int:
    """Return what the model takes, 0 where the catalogue does not know: no reason to refuse a site's own."""
    try:
        return mib(entry)
    except KeyError:
        return 0
