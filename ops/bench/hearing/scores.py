"""What was heard of clips, as figures. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import mean
from typing import Any

from antiphon.audio import RECOGNITION_RATE_HZ, Int16
from ops.bench.data import Clip
from ops.bench.figures import percentiles, rounded
from ops.bench.hearing.labels import Label
from ops.bench.hearing.listener import Noted
from ops.bench.hearing.word_errors import Errors, count, difference_interval, rate

NO_SPEECH = "none"
SCORED_LANGUAGE = "en"


@dataclass(frozen=True, slots=True)
class Take:
    """One clip, what follows it, and its label."""

    clip: Clip
    speech: Int16
    samples: Int16
    label: Label | None
    lowered: bool = False

    @property
    def language(self) -> str:
        """What the service is told; clips without speech are listened to in English."""
        return SCORED_LANGUAGE if self.clip.language == NO_SPEECH else self.clip.language


@dataclass(frozen=True, slots=True)
class Heard:
    """What the service and the baseline made of a clip."""

    take: Take
    text: str
    baseline: str | None

    @property
    def errors(self) -> Errors:
        """The service's."""
        return count(self.take.clip.transcript, self.text, self.take.language)

    @property
    def baseline_errors(self) -> Errors:
        """One-shot faster-whisper's."""
        return count(self.take.clip.transcript, self.baseline or "", self.take.language)


@dataclass(frozen=True, slots=True)
class Paced:
    """What real time showed."""

    noted: list[tuple[Take, Noted]]
    cpu_s: float


def figures(heard: Sequence[Heard], paced: Paced) -> dict[str, Any]:
    """Return the figures of the benchmark."""
    scored = [one for one in heard if one.take.clip.language == SCORED_LANGUAGE]
    quiet = [one for one in heard if one.take.clip.language == NO_SPEECH]
    return {
        "wer": _rounded(rate([one.errors for one in scored])),
        **_against_baseline(scored),
        "by_condition": _by_condition(heard),
        "first_partial_ms": percentiles(first_partials(paced)),
        "pause_ms": percentiles(pauses(paced)),
        "final_ms": percentiles(finals(paced)),
        "cpu_s_per_audio_s": _cpu_share(paced),
        "noise_silent_share": rounded(mean(not one.text for one in quiet)) if quiet else None,
    }


def first_partials(paced: Paced) -> list[float]:
    """Return the ms from the first voiced sample of each clip to its first partial."""
    return [
        noted.first_partial_at_ms - one.label.first_ms
        for one, noted in paced.noted
        if one.label and noted.first_partial_at_ms is not None
    ]


def since_voice(paced: Paced, at_ms: Callable[[Noted], float | None]) -> list[float]:
    """Return the ms from the last voiced sample of each clip to the last event of a kind.

    A clip whose last event came before that has lost its end, and no time; the context counts those.
    """
    times = [
        at - one.label.last_ms
        for one, noted in paced.noted
        if one.label and (at := at_ms(noted)) is not None
    ]
    return [ms for ms in times if ms > 0]


def finals(paced: Paced) -> list[float]:
    """Return the ms from the last voiced sample of each clip to its last final."""
    return since_voice(paced, lambda noted: noted.final_at_ms)


def pauses(paced: Paced) -> list[float]:
    """Return the ms from the last voiced sample of each clip to its last pause, told with its text."""
    return since_voice(paced, lambda noted: noted.pause_at_ms)


def _against_baseline(scored: Sequence[Heard]) -> dict[str, Any]:
    if not scored or any(one.baseline is None for one in scored):
        return {}
    ours, theirs = [one.errors for one in scored], [one.baseline_errors for one in scored]
    low, high = difference_interval(ours, theirs)
    return {
        "wer_batch": _rounded(rate(theirs)),
        "wer_minus_batch_95": {"low": rounded(low), "high": rounded(high)},
    }


def _by_condition(heard: Sequence[Heard]) -> dict[str, Any]:
    groups: dict[str, list[Heard]] = {}
    for one in heard:
        if one.take.clip.language != NO_SPEECH:
            groups.setdefault(f"{one.take.clip.language} {one.take.clip.condition}", []).append(one)
    return {name: _condition(group) for name, group in sorted(groups.items())}


def _condition(group: Sequence[Heard]) -> dict[str, Any]:
    counts = [one.errors for one in group]
    found = {"wer": _rounded(rate(counts)), "words": sum(one.words for one in counts)}
    if all(one.baseline is not None for one in group):
        found["wer_batch"] = _rounded(rate([one.baseline_errors for one in group]))
    return found


def _cpu_share(paced: Paced) -> float | None:
    samples = sum(len(one.samples) for one, _ in paced.noted)
    return rounded(paced.cpu_s * RECOGNITION_RATE_HZ / samples) if samples else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else rounded(value)
