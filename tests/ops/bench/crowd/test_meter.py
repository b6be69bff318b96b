"""What a load costs, read from this very process."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from antiphon.failures import understand
from ops.bench.crowd.meter import Cost, Held, Meter
from ops.bench.services import Running
from ops.supervisor.run_folder import ServiceState, write_states
from tests.ops.bench.calls.echo_gateway import echoing


def _measured(tmp_path: Path, key: str | None = None) -> Cost:
    async def main() -> Cost:
        async with echoing(tmp_path) as services:
            _claim(services, tmp_path)
            meter = Meter(services)
            meter.begin()
            end_s = os.times().user + 0.1
            while os.times().user < end_s:  # noqa: ASYNC110
                await asyncio.sleep(0)
            if key is not None:
                services.key_file.write_text(f"{key}\n")
            return await meter.end()

    return asyncio.run(main())


def _claim(services: Running, folder: Path) -> None:
    services["server"] = "unix:/none"
    write_states(folder, {"server": ServiceState("ready", os.getpid(), "unix:/none")})


def test_it_tells_processor_memory_and_the_gateways_lag(tmp_path: Path) -> None:
    cost = _measured(tmp_path)
    assert cost.cpu["server"] > 0
    assert cost.machine_cpu > 0
    assert cost.rss_mb > 10
    assert 0 < cost.lag_p50_ms <= cost.lag_p99_ms


def test_a_gateway_that_does_not_tell_is_named(tmp_path: Path) -> None:
    with pytest.raises(ExceptionGroup) as failed:
        _measured(tmp_path, key="ak_another")
    assert "HTTP 401" in understand(failed.value, "a test").message


def test_it_tells_what_each_service_holds(tmp_path: Path) -> None:
    async def main() -> tuple[Held, Held]:
        async with echoing(tmp_path) as services:
            _claim(services, tmp_path)
            meter = Meter(services)
            before = meter.held()["server"]
            with open(os.devnull), open(os.devnull):  # noqa: ASYNC230
                return before, meter.held()["server"]

    before, after = asyncio.run(main())
    assert before.rss_kb > 10_000
    assert after.descriptors == before.descriptors + 2
