from __future__ import annotations

from pathlib import Path

import pytest

from antiphon.errors import Misconfigured
from ops.settings import Settings
from ops.supervisor.plan import SERVICES, Service, plan


def planned(environ: dict[str, str], *names: str) -> dict[str, Service]:
    services = plan(Settings.load(environ), names or SERVICES)
    return {service.name: service for service in services}


def test_each_service_has_its_module_and_address() -> None:
    services = planned({"ANTIPHON_SERVER__ADDRESS": "127.0.0.1:7"})
    assert {name: service.module for name, service in services.items()} == {
        "asr": "inference.asr",
        "llm": "inference.llm",
        "tts": "inference.tts",
        "server": "server",
    }
    assert services["server"].address == "127.0.0.1:7"
    assert services["server"].environ["ANTIPHON_SERVER__ADDRESS"] == "127.0.0.1:7"


def test_the_gateway_takes_two_addresses_and_this_host_has_one_without_tls() -> None:
    environ = {
        "ANTIPHON_SERVER__ADDRESS": "0.0.0.0:7",
        "ANTIPHON_SERVER__HTTP": "127.0.0.1:8",
        "XDG_RUNTIME_DIR": "/r",
    }
    gateway = planned(environ)["server"]
    assert gateway.listens == {"[server] address": "0.0.0.0:7", "[server] http": "127.0.0.1:8"}
    assert gateway.shown == "0.0.0.0:7, 127.0.0.1:8"
    assert gateway.address.startswith("unix:")
    assert gateway.environ["ANTIPHON_SERVER__ADDRESS"] == "0.0.0.0:7"


@pytest.mark.parametrize(
    ("environ", "interpreters"),
    [
        ({}, {"asr": "/m", "llm": "/m", "tts": "/t", "server": "/m"}),
        ({"ANTIPHON_LLM__ENGINE": "vllm"}, {"asr": "/m", "llm": "/v", "tts": "/t", "server": "/m"}),
        ({"ANTIPHON_TTS__ENGINE": "simulated"}, {"tts": "/m"}),
    ],
)
def test_each_engine_has_its_interpreter(
    environ: dict[str, str], interpreters: dict[str, str]
) -> None:
    where = {"MAIN": "/m", "TTS": "/t", "VLLM": "/v"}
    environ |= {f"ANTIPHON_SUPERVISOR__{name}": path for name, path in where.items()}
    services = planned(environ)
    assert {name: services[name].python for name in interpreters} == {
        name: Path(path) for name, path in interpreters.items()
    }


def test_the_gateway_is_told_where_the_engines_listen_that_start_with_it() -> None:
    environ = {"ANTIPHON_ASR__ADDRESS": "unix:/a.sock", "ANTIPHON_SERVER__LLM": "far:1"}
    told = planned(environ, "asr", "server")["server"].environ
    assert told["ANTIPHON_SERVER__ASR"] == "unix:/a.sock"
    assert "ANTIPHON_SERVER__LLM" not in told


def test_only_the_gateway_lets_its_callers_go_on_when_it_is_told_to_stop() -> None:
    services = planned({"ANTIPHON_SERVER__DRAIN_S": "300"})
    drains = {name: service.drain_s for name, service in services.items()}
    assert drains == {"asr": 0, "llm": 0, "tts": 0, "server": 300}


def test_an_engine_gets_its_threads_and_no_network() -> None:
    environ = planned({"ANTIPHON_TTS__THREADS": "3"})["tts"].environ
    assert environ["OMP_NUM_THREADS"] == "3"
    assert environ["OMP_WAIT_POLICY"] == "PASSIVE"
    assert environ["HF_HUB_OFFLINE"] == environ["TRANSFORMERS_OFFLINE"] == "1"
    assert "OMP_NUM_THREADS" not in planned({})["server"].environ


def test_each_service_is_scraped_at_a_port_of_its_own() -> None:
    services = planned({"ANTIPHON_OBSERVABILITY__METRICS_ADDRESS": "127.0.0.1:9464"})
    told = {
        name: service.environ["ANTIPHON_OBSERVABILITY__METRICS_ADDRESS"]
        for name, service in services.items()
    }
    assert told == {
        "server": "127.0.0.1:9464",
        "asr": "127.0.0.1:9465",
        "llm": "127.0.0.1:9466",
        "tts": "127.0.0.1:9467",
    }
    for name, service in services.items():
        assert service.listens["[observability] metrics_address"] == told[name]


def test_where_nothing_is_scraped_no_service_is_told_where() -> None:
    for service in planned({}).values():
        assert "ANTIPHON_OBSERVABILITY__METRICS_ADDRESS" not in service.environ
        assert "[observability] metrics_address" not in service.listens


def test_ports_must_not_run_out() -> None:
    last = {"ANTIPHON_OBSERVABILITY__METRICS_ADDRESS": "127.0.0.1:65532"}
    assert planned(last)["tts"].environ["ANTIPHON_OBSERVABILITY__METRICS_ADDRESS"].endswith("65535")
    with pytest.raises(Misconfigured, match="65536 is none; begin at 65532 or lower"):
        planned({"ANTIPHON_OBSERVABILITY__METRICS_ADDRESS": "127.0.0.1:65533"})


def test_overrides_reach_every_service() -> None:
    services = plan(Settings.load({}), ["asr", "server"], {"ANTIPHON_ASR__BEAM_SIZE": "5"})
    assert all(one.environ["ANTIPHON_ASR__BEAM_SIZE"] == "5" for one in services)
