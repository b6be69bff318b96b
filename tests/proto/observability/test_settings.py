from __future__ import annotations

import pytest

from antiphon.errors import Misconfigured
from antiphon.observability.settings import ObservabilitySettings, host_and_port
from antiphon.settings import load


def _given(name: str, value: str) -> ObservabilitySettings:
    return load(
        "observability", ObservabilitySettings, {f"ANTIPHON_OBSERVABILITY__{name.upper()}": value}
    )


def test_nothing_is_told_to_anybody_by_default() -> None:
    settings = load("observability", ObservabilitySettings, {})
    assert (settings.metrics_address, settings.traces_endpoint) == ("", "")
    assert settings.log_format == "text"


@pytest.mark.parametrize(
    ("address", "parts"),
    [
        ("127.0.0.1:9464", ("127.0.0.1", 9464)),
        ("[::1]:9464", ("::1", 9464)),
        ("gateway:65535", ("gateway", 65535)),
    ],
)
def test_an_address_is_a_host_and_a_port(address: str, parts: tuple[str, int]) -> None:
    assert host_and_port(_given("metrics_address", address).metrics_address) == parts


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("metrics_address", "9464"),
        ("metrics_address", ":9464"),
        ("metrics_address", "host:0"),
        ("metrics_address", "host:65536"),
        ("metrics_address", "host:٩"),
        ("metrics_address", "unix:/run/metrics"),
        ("traces_endpoint", "collector:4317"),
        ("traces_endpoint", "grpc://collector:4317"),
        ("traces_endpoint", "http://"),
        ("log_format", "xml"),
    ],
)
def test_what_cannot_be_is_told_by_its_name_and_value(name: str, value: str) -> None:
    with pytest.raises(Misconfigured) as told:
        _given(name, value)
    assert f"observability.{name} = {value!r}" in told.value.message


def test_a_collector_may_be_reached_over_tls() -> None:
    endpoint = "https://collector.example:4317"
    assert _given("traces_endpoint", endpoint).traces_endpoint == endpoint
