from __future__ import annotations

from antiphon.timing import Timing, from_trailers


def test_a_timing_survives_its_trailers() -> None:
    timing = Timing(1.5, 20.25, 7.125)
    assert from_trailers([("other", b"x"), *timing.trailers()]) == timing


def test_a_call_without_work_has_no_timing() -> None:
    assert from_trailers([("grpc-status-details-bin", b"x")]) is None
    assert from_trailers(None) is None
