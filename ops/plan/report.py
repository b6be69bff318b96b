"""A plan as a table for people and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from inference.card.card import DRIVERS
from inference.card.language import CUDA
from inference.card.part import total_mib
from ops.plan.plan import RESERVE_MIB, Plan
from ops.plan.request import COMPUTE_TYPE, RECOGNITION, Request

SERVICES = {"asr": "recognition", "tts": "voice", "llm": "language model"}
DRIVER = ".".join(map(str, DRIVERS[CUDA]))


def as_json(plan: Plan, proposed: Sequence[Request]) -> dict[str, Any]:
    """Return the plan; memory is in GiB, of `gpu_memory_gib` CUDA offers `usable_gib`."""
    return {
        "fits": plan.fits,
        "gpu": plan.card.name,
        "gpu_memory_gib": _gib(plan.card.memory_mib),
        "usable_gib": _gib(plan.card.usable_mib),
        "vllm_share": plan.share,
        "kv_cache_gib": _gib(max(plan.cache_mib, 0)),
        "kv_cache_tokens": plan.cache_tokens,
        "sessions": plan.sessions,
        "sessions_asked": plan.request.sessions,
        "context_tokens": plan.request.context_tokens,
        "needed_gib": _gib(plan.needed_mib),
        "models": {
            "asr": plan.asr.model,
            "compute_type": plan.asr.compute_type,
            "llm": plan.language_model,
            "tts": plan.tts.model,
        },
        "pull": list(plan.models),
        "parts_gib": {
            **{
                name: {part.name: _gib(part.mib) for part in parts}
                for name, parts in plan.parts.items()
            },
            "update": _gib(plan.spare_mib),
            "reserve": _gib(RESERVE_MIB),
        },
        "driver": f"{DRIVER} or later",
        "source": plan.card.source,
        "proposals": [options(plan, request) for request in proposed],
    }


def as_table(plan: Plan, proposed: Sequence[Request]) -> str:
    """Return the plan for people."""
    usable, total = _gib(plan.card.usable_mib), _gib(plan.card.memory_mib)
    lines = [
        f"{plan.card.name}: {total} GiB, of which CUDA offers {usable}; driver {DRIVER} or later"
    ]
    for name, parts in plan.parts.items():
        lines += ["", f"{SERVICES[name]:<44}{_gib(total_mib(parts)):>8.2f} GiB"]
        lines += [f"  {part.name:<42}{_gib(part.mib):>8.2f}" for part in parts]
    lines += [
        f"  {'left for the cache of keys and values':<42}{_gib(max(plan.cache_mib, 0)):>8.2f}"
    ]
    if plan.spare_mib:
        lines += ["", f"{'room for an update':<44}{_gib(plan.spare_mib):>8.2f} GiB"]
    lines += ["", f"{'reserve':<44}{_gib(RESERVE_MIB):>8.2f} GiB", ""]
    if plan.fits:
        lines += [_fits(plan), f"its models: antiphon models pull {' '.join(plan.models)}"]
    elif proposed:
        lines += ["what does fit:", *(f"  {options(plan, request)}" for request in proposed)]
    return "\n".join(lines).rstrip()


def options(plan: Plan, request: Request) -> str:
    """Return the command that plans with `request`."""
    card = plan.card.name
    chosen = f"--gpu {card}" if plan.card.named else f"--memory-gib {card.split()[0]}"
    words = ["antiphon plan", chosen]
    words += [f"--sessions {request.sessions}", f"--context {request.context_tokens}"]
    words += [f"--llm {request.language_model}"] if request.language_model else []
    if (request.recognition, request.compute_type) != (RECOGNITION, COMPUTE_TYPE):
        words.append(f"--asr {request.recognition} --compute-type {request.compute_type}")
    if request.room_for_update:
        words.append("--room-for-update")
    return " ".join(words)


def refusal(plan: Plan, proposed: Sequence[Request], least: Plan) -> str:
    """Return in one line why a plan does not fit, and what does."""
    does = (
        f"this does: {options(plan, proposed[0])}"
        if proposed
        else f"the smallest choice needs a card that offers {_gib(least.needed_mib)} GiB"
    )
    return (
        f"{plan.request.sessions} sessions of {plan.request.context_tokens} tokens with "
        f"{plan.language_model} and {plan.asr.model} ({plan.asr.compute_type}) need "
        f"{_gib(plan.needed_mib)} GiB, and {plan.card.name} offers {_gib(plan.card.usable_mib)}; {does}"
    )


def _fits(plan: Plan) -> str:
    asked = plan.request
    return (
        f"fits: {plan.sessions} sessions of {asked.context_tokens} tokens by memory, "
        f"{asked.sessions} asked for; vLLM's share of the card is {plan.share:.2f}"
    )


def _gib(mib: float) -> float:
    return round(mib / 1024, 2)
