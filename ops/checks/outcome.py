"""How a check came out, and the sum of many."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Outcome:
    """Counts of what passed, failed and was skipped; `reasons` says why, `output` what to read."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    output: str = ""

    def __add__(self, other: Outcome) -> Outcome:
        return Outcome(
            self.passed + other.passed,
            self.failed + other.failed,
            self.skipped + other.skipped,
            self.reasons + other.reasons,
            self.output + other.output,
        )

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


def passed() -> Outcome:
    """Return a check that found nothing."""
    return Outcome(passed=1)


def failed(output: str) -> Outcome:
    """Return a check that found what `output` says."""
    return Outcome(failed=1, output=output)


def skipped(reason: str) -> Outcome:
    """Return a check that this machine lacks something for."""
    return Outcome(skipped=1, reasons=Counter([reason]))


def verdict(findings: list[str]) -> Outcome:
    """Return a check that passed if it found nothing."""
    return failed("\n".join(findings)) if findings else passed()
