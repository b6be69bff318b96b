from __future__ import annotations

from urllib.request import urlopen

from prometheus_client import Gauge

from antiphon.observability.process import observed
from antiphon.observability.settings import ObservabilitySettings
from tests.proto.observability.test_scrapes import free_address


def test_nobody_asks_so_nothing_is_measured() -> None:
    with observed(ObservabilitySettings(), "asr") as watched:
        assert watched.registry is None


def test_what_is_measured_can_be_scraped() -> None:
    address = free_address()
    with observed(ObservabilitySettings(metrics_address=address), "asr") as watched:
        assert watched.registry is not None
        Gauge("antiphon_made_up", "Made up.", registry=watched.registry).set(7)
        with urlopen(f"http://{address}/metrics") as response:
            body = response.read().decode()
    assert "antiphon_made_up 7.0" in body
    assert "process_open_fds" in body
