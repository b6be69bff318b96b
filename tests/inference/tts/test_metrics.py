from __future__ import annotations

from prometheus_client import CollectorRegistry

from antiphon.timing import Timing
from inference.tts.metrics import Metrics, watch_over
from inference.tts.watch import UNWATCHED


def test_calls_pieces_and_batches_are_measured() -> None:
    registry = CollectorRegistry()
    metrics = Metrics(registry)
    metrics.waiting(lambda: 4)
    metrics.batch(2)
    metrics.waited(250)
    metrics.spoken(Timing(first_output_ms=500))
    metrics.spoken(Timing())  # cancelled before its first audio
    value = registry.get_sample_value
    assert value("antiphon_tts_waiting") == 4
    assert value("antiphon_tts_batch_size_sum") == 2
    assert value("antiphon_tts_queue_seconds_sum") == 0.25
    assert value("antiphon_tts_first_audio_seconds_sum") == 0.5
    assert value("antiphon_tts_first_audio_seconds_count") == 1


def test_nothing_is_measured_where_nobody_asks() -> None:
    assert watch_over(None) is UNWATCHED
    assert isinstance(watch_over(CollectorRegistry()), Metrics)
