from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from antiphon.errors import Misconfigured
from ops.bench.services import running
from ops.supervisor import plan
from ops.supervisor.health import is_serving


@pytest.fixture(autouse=True)
def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every service is the supervisor tests' stand-in."""
    modules = dict.fromkeys(plan.SERVICES, "tests.ops.supervisor.stand_in")
    monkeypatch.setattr(plan, "MODULES", modules)
    monkeypatch.setenv("STAND_IN", "serve")
    monkeypatch.setenv("ANTIPHON_SUPERVISOR__MAIN", sys.executable)


def test_services_run_for_the_length_of_the_block_on_their_own_sockets() -> None:
    async def run() -> str:
        async with running("asr", asr={"engine": "simulated"}) as addresses:
            assert list(addresses) == ["asr"]
            assert await is_serving(addresses["asr"])
            assert addresses.settings.asr.engine == "simulated"
            assert addresses.pid("asr") > 0
            assert addresses.cpu_s("asr") > 0
            assert addresses.key_file.parent == Path(addresses["asr"].removeprefix("unix:")).parent
            return addresses["asr"]

    address = asyncio.run(run())
    assert not asyncio.run(is_serving(address))
    assert not Path(address.removeprefix("unix:")).parent.exists()


def test_nested_settings_are_overridden(monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> None:
        overrides = {"simulated": {"seed": 7}, "engine": "simulated"}
        async with running(llm=overrides) as addresses:
            assert addresses.settings.llm.simulated.seed == 7

    asyncio.run(run())


def test_a_bad_setting_is_told() -> None:
    async def run() -> None:
        async with running("asr", asr={"engine": "guessing"}):
            raise AssertionError("there is no such engine")

    with pytest.raises(Misconfigured, match=r"asr.engine = 'guessing'"):
        asyncio.run(run())
