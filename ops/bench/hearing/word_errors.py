"""Word error rate, as Whisper's authors count it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import jiwer
import numpy as np
from whisper_normalizer.basic import BasicTextNormalizer
from whisper_normalizer.english import EnglishTextNormalizer

RESAMPLES = 2000
# Written without spaces: each character counts as a word.
UNSPACED = frozenset({"zh", "ja", "th"})


@dataclass(frozen=True, slots=True)
class Errors:
    """Wrong words, and the words of the reference."""

    errors: int
    words: int


def count(reference: str, text: str, language: str = "en") -> Errors:
    """Return the errors of `text`, both normalised; English by Whisper's own normaliser."""
    normalise = _normaliser(language)
    wanted, got = str(normalise(reference)).split(), str(normalise(text)).split()
    if not wanted:
        return Errors(len(got), 0)
    found = jiwer.process_words(" ".join(wanted), " ".join(got))
    return Errors(found.substitutions + found.deletions + found.insertions, len(wanted))


def rate(counts: Sequence[Errors]) -> float | None:
    """Return the percentage of wrong words over all clips; None where there are no words."""
    words = sum(one.words for one in counts)
    return 100 * sum(one.errors for one in counts) / words if words else None


def difference_interval(ours: Sequence[Errors], theirs: Sequence[Errors]) -> tuple[float, float]:
    """Return the 95% interval of our rate minus theirs, in points.

    Paired bootstrap over clips (Bisani and Ney 2004): which clips there are is drawn again and again.
    """
    counts = np.array([(a.errors - b.errors, a.words) for a, b in zip(ours, theirs, strict=True)])
    draws = np.random.default_rng(0).integers(0, len(counts), (RESAMPLES, len(counts)))
    sums = counts[draws].sum(axis=1)
    points = 100 * sums[:, 0] / np.maximum(sums[:, 1], 1)
    low, high = np.percentile(points, [2.5, 97.5])
    return float(low), float(high)


@cache
def _normaliser(language: str) -> EnglishTextNormalizer | BasicTextNormalizer:
    if language == "en":
        return EnglishTextNormalizer()
    return BasicTextNormalizer(split_letters=language in UNSPACED)
