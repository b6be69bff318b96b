from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from types import ModuleType

import pytest

from antiphon.errors import InvalidInput
from ops.bench import registry
from ops.bench.bench import Bench, Engines, Options, Result
from ops.cli.main import main

ASKED: list[Options] = []


async def measure(options: Options) -> Result:
    ASKED.append(options)
    os.write(1, b"a library's greeting\n")
    print("another's")
    return Result({"wer": 13.25, "ttft_ms": {8: {"p50": 1.0}}}, {"model": "tiny", "sample": "all"})


@pytest.fixture(autouse=True)
def bench(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("ops.bench.made_up")
    module.BENCH = Bench("nothing", measure, Engines.SIMULATED)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(registry, "NAMES", ("made_up",))
    ASKED.clear()


def test_with_json_there_is_one_object_and_nothing_else(
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert main(["bench", "made_up", "--json"]) == 0
    told = capfd.readouterr()
    found = json.loads(told.out)
    assert found["wer"] == 13.25
    assert found["ttft_ms"] == {"8": {"p50": 1.0}}
    assert found["context"]["bench"] == "made_up"
    assert found["context"]["engines"] == "simulated"
    assert found["context"]["model"] == "tiny"
    assert found["context"]["machine"]["cores"] >= 1
    assert "a library's greeting" in told.err


def test_without_it_there_is_a_table_that_says_what_is_simulated(
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert main(["bench", "made_up"]) == 0
    shown = capfd.readouterr().out
    assert shown.startswith("made_up with SIMULATED engines\n\n")
    assert "wer            13.25\nttft_ms.8.p50      1\n" in shown
    assert "model" in shown


def test_options_reach_the_benchmark(tmp_path: Path) -> None:
    arguments = ["--data", str(tmp_path), "--engines", "real", "--limit", "3"]
    assert main(["bench", "made_up", *arguments]) == 0
    assert (ASKED[0].data, ASKED[0].engines, ASKED[0].limit) == (tmp_path, Engines.REAL, 3)


@pytest.mark.parametrize(
    "given",
    [
        ["plot", "x.png"],
        ["labels", "x.json"],
        ["transport", "webrtc"],
        ["sessions", "8"],
        ["duration", "30"],
        ["growing"],
        ["offered", "4"],
        ["bound-ms", "750"],
        ["write"],
    ],
)
def test_an_option_that_it_does_not_know_is_refused(
    given: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    extra, *value = given
    assert main(["bench", "made_up", f"--{extra}", *value]) == 1
    assert capfd.readouterr().err == f"antiphon: the benchmark 'made_up' has no --{extra}\n"
    assert not ASKED


def test_further_options_reach_a_benchmark_that_knows_them(monkeypatch: pytest.MonkeyPatch) -> None:
    knows = frozenset({"sessions", "duration", "growing", "offered", "bound-ms", "write"})
    module = sys.modules["ops.bench.made_up"]
    monkeypatch.setattr(module, "BENCH", Bench("nothing", measure, extras=knows))
    sizes = ["--sessions", "8", "--duration", "2.5", "--offered", "4", "--bound-ms", "600"]
    assert main(["bench", "made_up", *sizes, "--growing", "--write"]) == 0
    (asked,) = ASKED
    assert (asked.sessions, asked.duration_s, asked.offered, asked.bound_ms) == (8, 2.5, 4, 600)
    assert asked.growing
    assert asked.write


def test_standard_output_is_there_again_after_a_failure(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    async def fail(options: Options) -> Result:
        raise InvalidInput("no clips")

    module = sys.modules["ops.bench.made_up"]
    monkeypatch.setattr(module, "BENCH", Bench("nothing", fail))
    assert main(["bench", "made_up"]) == 1
    os.write(1, b"here\n")
    assert capfd.readouterr() == ("here\n", "antiphon: no clips\n")
