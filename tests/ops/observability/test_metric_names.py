from __future__ import annotations

from ops.observability.metric_names import asked


def test_names_are_those_of_the_code() -> None:
    found = asked(
        'rate(antiphon_a_seconds_bucket{le="0.75"}[5m]) / antiphon_b_total + up '
        "+ antiphon_a_seconds_sum + antiphon_c"
    )
    assert found == {"antiphon_a_seconds", "antiphon_b", "antiphon_c"}
