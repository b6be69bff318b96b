"""What a policy does at labelled pauses, as figures. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from statistics import mean
from typing import Any

from ops.bench.endpoints.listening import Pause
from ops.bench.endpoints.rows import Kind, Row
from ops.bench.endpoints.turns import Heard
from ops.bench.figures import percentiles, rounded
from server.floor.endpointing import Endpointing

# What is fitted is another for each speaker who was held out.
PolicyOf = Callable[[Row], Endpointing]


def always(policy: Endpointing) -> PolicyOf:
    """Return `policy` for every row."""
    return lambda row: policy


def committed_ms(pause: Pause, policy: Endpointing) -> float:
    """Return when the turn is ended, if no speech follows: not before the pause is told."""
    return max(pause.end_ms + policy.wait_ms(pause.evidence), pause.told_ms)


def is_cut(heard: Heard, policy: Endpointing) -> bool:
    """Return whether the turn was ended in a pause after which its speaker went on."""
    return any(
        committed_ms(pause, policy) < min(pause.until_ms, heard.row.end_ms)
        for pause in heard.pauses
    )


def commit_ms(heard: Heard, policy: Endpointing) -> float | None:
    """Return how long after the last voiced sample a turn is ended; None where no voice was heard."""
    if not heard.pauses:
        return None
    return committed_ms(heard.pauses[-1], policy) - heard.row.start_ms


def figures(heard: Sequence[Heard], policy_of: PolicyOf) -> dict[str, Any]:
    """Return the figures of one policy, over all rows and by style."""
    styles = sorted({one.row.style for one in heard})
    by_style = {
        style or "other": _summary([one for one in heard if one.row.style == style], policy_of)
        for style in styles
    }
    phone = [one for one in heard if one.row.is_phone]
    return {
        **_summary(heard, policy_of),
        "phone_cutoff_share": _share(phone, Kind.INSIDE, policy_of),
        "by_style": by_style,
    }


def share_of_best(found: Mapping[str, Any], name: str, others: Sequence[str]) -> float | None:
    """Return a policy's cut-offs over the fewest of those `others` whose median is no longer."""
    median_ms = found[name]["commit_ms"]["p50"]
    shares = [
        found[other]["cutoff_share"]
        for other in others
        if found[other]["commit_ms"]["p50"] <= median_ms
    ]
    return rounded(found[name]["cutoff_share"] / min(shares)) if shares and min(shares) else None


def _summary(heard: Sequence[Heard], policy_of: PolicyOf) -> dict[str, Any]:
    found: dict[str, Any] = {
        "cutoff_share": _share(heard, Kind.INSIDE, policy_of),
        "sentence_share": _share(heard, Kind.SENTENCE, policy_of),
    }
    ends = [one for one in heard if one.row.kind is Kind.END]
    waits = [ms for one in ends if (ms := commit_ms(one, policy_of(one.row))) is not None]
    if waits:
        found["commit_ms"] = {"mean": rounded(mean(waits)), **percentiles(waits)}
    return {name: value for name, value in found.items() if value is not None}


def _share(heard: Sequence[Heard], kind: Kind, policy_of: PolicyOf) -> float | None:
    cut = [is_cut(one, policy_of(one.row)) for one in heard if one.row.kind is kind]
    return rounded(mean(cut)) if cut else None
