from __future__ import annotations

import asyncio
from urllib.request import urlopen

import pytest
from prometheus_client import Gauge

from antiphon.observability.process import Observed, observed
from antiphon.observability.settings import ObservabilitySettings
from tests.proto.observability.test_scrapes import free_address


def test_nobody_asks_so_nothing_is_measured() -> None:
    with observed(ObservabilitySettings(), "asr") as watched:
        assert watched.registry is None


@pytest.mark.parametrize("asked", [False, True])
def test_how_late_its_loop_is_is_measured_until_it_stops(asked: bool) -> None:
    async def main(watched: Observed) -> None:
        stop = asyncio.Event()
        measuring = asyncio.create_task(watched.lag(stop))
        await asyncio.sleep(0.2)
        stop.set()
        await measuring

    address = free_address() if asked else ""
    with observed(ObservabilitySettings(metrics_address=address), "asr") as watched:
        asyncio.run(main(watched))
        assert (watched.registry is not None) is asked
        if watched.registry is not None:
            assert watched.registry.get_sample_value("antiphon_event_loop_lag_seconds_count")


def test_what_is_measured_can_be_scraped() -> None:
    address = free_address()
    with observed(ObservabilitySettings(metrics_address=address), "asr") as watched:
        assert watched.registry is not None
        Gauge("antiphon_made_up", "Made up.", registry=watched.registry).set(7)
        with urlopen(f"http://{address}/metrics") as response:
            body = response.read().decode()
    assert "antiphon_made_up 7.0" in body
    assert "process_open_fds" in body
