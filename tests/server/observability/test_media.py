"""What the network did to calls, counted as it is told."""

from __future__ import annotations

import pytest
from prometheus_client import CollectorRegistry

from server.observability.media import Media
from server.webrtc.tally import Fate, Tally
from tests.server.observability.scraped import labels, value


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def media(registry: CollectorRegistry) -> Media:
    return Media(registry)


def _packets(registry: CollectorRegistry) -> dict[Fate, float]:
    return {fate: value(registry, "antiphon_audio_packets_total", fate=fate) for fate in Fate}


def test_every_series_is_there_from_the_start(registry: CollectorRegistry, media: Media) -> None:
    assert labels(registry) == {"fate": set(Fate)}
    assert set(_packets(registry).values()) == {0}
    assert value(registry, "antiphon_jitter_buffer_delay_seconds_count") == 0


def test_the_tallies_of_all_calls_are_added_up(registry: CollectorRegistry, media: Media) -> None:
    media.note(Tally(received=50, late=1, lost=4, recovered=2, concealed=3))
    media.note(Tally(received=7, lost=1))
    assert _packets(registry) == {
        Fate.RECEIVED: 57,
        Fate.LATE: 1,
        Fate.LOST: 5,
        Fate.RECOVERED: 2,
        Fate.CONCEALED: 3,
    }


def test_waits_are_told_in_seconds(registry: CollectorRegistry, media: Media) -> None:
    media.note(Tally(delays_ms=[0.0, 40.0, 60.0]))
    assert value(registry, "antiphon_jitter_buffer_delay_seconds_count") == 3
    assert value(registry, "antiphon_jitter_buffer_delay_seconds_sum") == pytest.approx(0.1)
