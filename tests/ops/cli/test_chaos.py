from __future__ import annotations

import json

import pytest

from ops.bench.bench import Bench, Engines, Options, Result
from ops.cli import chaos
from ops.cli.main import main


def test_its_options_reach_the_benchmark(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    given: list[Options] = []

    async def run(options: Options) -> Result:
        given.append(options)
        return Result({"sessions_lost": 0})

    monkeypatch.setattr(chaos, "find", lambda name: Bench("faults", run))
    arguments = ["--engines", "real", "--faults", "kill-asr", "--count", "3", "--sessions", "2"]
    assert main(["chaos", *arguments, "--json"]) == 0
    (options,) = given
    assert (options.engines, options.faults) == (Engines.REAL, "kill-asr")
    assert (options.count, options.sessions) == (3, 2)
    told = json.loads(capfd.readouterr().out)
    assert (told["sessions_lost"], told["context"]["bench"]) == (0, "chaos")


def test_a_fault_that_there_is_not_is_told_in_one_line(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["chaos", "--faults", "kill-gpu"]) == 1
    (line,) = [line for line in capfd.readouterr().err.splitlines() if line]
    assert "there is no fault 'kill-gpu'; there are: kill-asr" in line
