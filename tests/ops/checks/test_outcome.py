from __future__ import annotations

from collections import Counter

from ops.checks.outcome import Outcome, failed, passed, skipped, verdict


def test_outcomes_add_up() -> None:
    one = Outcome(2, 1, 1, Counter(["no weights"]), "a failed\n")
    total = one + passed() + failed("b failed") + skipped("no weights") + Outcome()
    assert str(total) == "3 passed, 2 failed, 2 skipped"
    assert total.reasons == {"no weights": 2}
    assert total.output == "a failed\nb failed"


def test_findings_are_one_failure() -> None:
    assert verdict([]) == passed()
    assert verdict(["a", "b"]) == failed("a\nb")
