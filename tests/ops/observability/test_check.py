"""The verdict over a run that is made up; the run itself is `ops/check-dashboards`."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from antiphon.errors import Misconfigured
from ops.bench.crowd.conversation import Turn
from ops.checks.outcome import Outcome, failed, passed
from ops.observability import check, grafana_json, promtool
from ops.observability.answers import Asked, Shown, Sums
from ops.observability.board import Board, Panel, Query
from ops.observability.evidence import Evidence, Questioner, Seen
from ops.observability.prometheus import Series
from ops.observability.stage import Stage
from ops.observability.traffic import Traffic

RUN = check.run  # before it is made up
QUERY = Query("q", "line")
SERIES = Series({}, (10.0, 12.0), (1.0, 2.0))
GOOD = Shown(Panel("Waits", "", "", (QUERY,)), [(QUERY, [SERIES])])
CARD = Shown(Panel("Card", "", "", (QUERY,), gpu=True), [(QUERY, [])])
EVIDENCE = Evidence(
    10.0,
    {Board("antiphon-x", "X", ()): [GOOD, CARD]},
    [Asked("alert Late", "v", [SERIES])],
    [],
    {"final": Sums(4.0, 10.0)},
    Sums(4.0, 10.0),
    0.35,
    Seen([400.0, 500.0], Counter({"Unavailable: full": 2}), ["llm"]),
)


@pytest.fixture(autouse=True)
def no_run(monkeypatch: pytest.MonkeyPatch) -> Callable[[Evidence], None]:
    """Make `run` return what is made up, on a machine without a card."""

    def use(evidence: Evidence) -> None:
        async def run(data: Path, seconds: float) -> Evidence:
            return evidence

        monkeypatch.setattr(check, "run", run)

    use(EVIDENCE)
    monkeypatch.setattr(check, "installed", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(check, "find_cards", lambda: None)
    monkeypatch.setattr(promtool, "check", passed)
    monkeypatch.setattr(grafana_json, "differences", list)
    return use


def test_a_run_in_which_everything_has_data_passes(capsys: pytest.CaptureFixture[str]) -> None:
    assert check.main([]) == 0
    told = capsys.readouterr().out
    assert told.endswith("every query returned data\n")
    assert "['panel Card']" in told


def test_as_json_there_is_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    assert check.main(["--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["queries"] == 2
    assert found["problems"] == []
    assert found["left_out_without_gpu"] == ["panel Card"]
    assert found["hops_over_voice_to_voice"] == 1.0
    assert found["voice_to_voice_p50_ms"] == 350.0
    assert found["hops_mean_ms"] == {"final": 400.0}
    assert found["voice_to_voice_p50_ms_at_the_callers"] == 450.0
    assert found["calls_that_ended"] == {"Unavailable: full": 2}


@pytest.mark.parametrize(
    ("evidence", "problem"),
    [
        (replace(EVIDENCE, alerts=[Asked("alert Late", "v", [])]), "alert Late: no data for v"),
        (replace(EVIDENCE, refused=["alert Bad: cannot"]), "alert Bad: cannot"),
        (replace(EVIDENCE, hops={"final": Sums(1.0, 10.0)}), "together 0.250 of voice to voice"),
    ],
)
def test_what_is_amiss_fails(
    no_run: Callable[[Evidence], None],
    capsys: pytest.CaptureFixture[str],
    evidence: Evidence,
    problem: str,
) -> None:
    no_run(evidence)
    assert check.main([]) == 1
    told = capsys.readouterr().out
    assert problem in told and told.endswith("1 problems\n")


def test_with_a_card_its_panels_count(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(check, "find_cards", object)
    assert check.main([]) == 1
    assert "panel Card: no data for q" in capsys.readouterr().out


@pytest.mark.parametrize("outcome", [failed("a rule"), Outcome(failed=1, output="a rule")])
def test_promtool_and_grafanas_files_count(
    monkeypatch: pytest.MonkeyPatch, outcome: Outcome
) -> None:
    monkeypatch.setattr(promtool, "check", lambda: outcome)
    monkeypatch.setattr(grafana_json, "differences", lambda: ["a.json"])
    assert check.faults(EVIDENCE, cards=False) == ["a.json", "a rule"]


def test_without_prometheus_nothing_is_started(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing(name: str) -> str:
        raise Misconfigured(f"there is no {name}: install it")

    monkeypatch.setattr(check, "installed", missing)
    assert check.main([]) == 2
    assert "there is no prometheus: install it" in capsys.readouterr().err


@pytest.mark.parametrize("seconds", ["5", "nan", "inf", "soon"])
def test_a_run_that_is_too_short_to_show_anything_is_refused(
    seconds: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as refused:
        check.main(["--seconds", seconds])
    assert refused.value.code == 2
    assert "--seconds" in capsys.readouterr().err


def test_pictures_are_drawn_without_panels_of_a_card_that_is_not_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    drawn: list[tuple[str, list[str], Path]] = []

    def note(title: str, shown: list[Shown], begin_s: float, path: Path) -> None:
        drawn.append((title, [one.panel.title for one in shown], path))

    monkeypatch.setattr(check, "draw", note)
    assert check.main(["--plot", str(tmp_path)]) == 0
    assert drawn == [("X (simulated engines)", ["Waits"], tmp_path / "x.png")]


def test_a_run_holds_calls_and_asks_about_their_time(monkeypatch: pytest.MonkeyPatch) -> None:
    driven: list[float] = []

    @asynccontextmanager
    async def stage() -> AsyncIterator[Stage]:
        yield Stage("services", "prometheus")  # type: ignore[arg-type]

    async def drive(traffic: Traffic, seconds: float) -> None:
        driven.append(seconds)
        traffic.notes.turns += [Turn("a", 400.0, False), Turn("b", None, True)]
        traffic.ended["Unavailable: full"] += 1

    async def all_(asking: Questioner, boards: object, alerts: object, seen: Seen) -> Evidence:
        return replace(EVIDENCE, seen=seen)

    monkeypatch.setattr(check, "material", lambda data: data)
    monkeypatch.setattr(check, "stage", stage)
    monkeypatch.setattr(check, "SETTLE_S", 0.0)
    monkeypatch.setattr(Traffic, "drive", drive)
    monkeypatch.setattr(Questioner, "all", all_)
    found = asyncio.run(RUN(Path("data"), 60.0))
    assert driven == [60.0]
    assert found.seen == Seen([400.0], Counter({"Unavailable: full": 1}), [])
