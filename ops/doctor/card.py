"""The graphics card, where the settings use one: driver, generation, and room for all engines together."""

from __future__ import annotations

from collections.abc import Iterator

from inference.card.card import Card, Need, faults
from inference.card.language import llm_need
from inference.card.nvml import probe
from inference.card.recognition import asr_need
from inference.card.voice import tts_need
from models.store import open_store
from ops.doctor.finding import Finding
from ops.settings import Settings

TOPIC = "card"


def card(settings: Settings) -> Iterator[Finding]:
    """Look whether the card that is here will do; nothing where the settings use none."""
    if not _uses_one(settings):
        return
    found = probe()
    if found is None:
        yield Finding(
            TOPIC,
            "the settings use a graphics card, and NVML finds none here",
            'install NVIDIA\'s driver, or set profile = "cpu"',
        )
        return
    yield from _judged(found, needs(settings, found))


def needs(settings: Settings, found: Card) -> list[Need]:
    """Return what the services of the settings need of a card."""
    catalogue = open_store(settings.models).catalogue
    every = (
        asr_need(settings.asr, catalogue),
        tts_need(settings.tts, catalogue),
        llm_need(settings.llm, found),
    )
    return [need for need in every if need is not None]


def _judged(found: Card, needed: list[Need]) -> Iterator[Finding]:
    bad = False
    for need in needed:
        for fault in faults(found, need):
            bad = True
            yield Finding(TOPIC, fault.what, fault.mend)
    total_mib = sum(need.mib for need in needed)
    total_gib, memory_gib = total_mib / 1024, found.memory_mib / 1024
    told = f"{found.name}, {memory_gib:.1f} GiB, driver {found.driver}"
    if total_mib > found.memory_mib:
        yield Finding(
            TOPIC,
            f"{told}: the engines need {total_gib:.1f} GiB together",
            f"antiphon plan --memory-gib {memory_gib:.1f} --write FILE",
        )
    elif total_mib > found.free_mib and not bad:
        taken_gib = (found.memory_mib - found.free_mib) / 1024
        yield Finding(
            TOPIC,
            f"{told}, {found.free_mib / 1024:.1f} GiB free: the engines need {total_gib:.1f} GiB together",
            f"end what holds {taken_gib:.1f} GiB there",
        )
    elif not bad:
        yield Finding(TOPIC, f"{told}: the engines take {total_gib:.1f} GiB of it")


def _uses_one(settings: Settings) -> bool:
    """Return whether an engine is to compute on a card."""
    engines = (settings.asr, settings.tts)
    cuda = any(one.device == "cuda" and one.engine != "simulated" for one in engines)
    return cuda or (settings.llm.engine == "vllm" and not settings.llm.vllm.enforce_eager)
