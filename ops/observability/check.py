"""Asks every panel's and alert's query of Debian's Prometheus over a real run: `ops/check-dashboards`."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from antiphon.errors import AntiphonError
from antiphon.observability.gpu import find_cards
from ops.bench.data import default_folder
from ops.observability import grafana_json, promtool, rules
from ops.observability.answers import hops_fault, hops_ratio
from ops.observability.evidence import Evidence, Questioner, Seen
from ops.observability.picture import draw
from ops.observability.prometheus import installed
from ops.observability.stage import material, stage
from ops.observability.traffic import Traffic

# A turn takes some 10 s: half of the time all is well, then three engines are killed, and come back.
SECONDS = 120.0
# Three engines are killed one after the other, and each is to be back before the next.
SHORTEST_S, LONGEST_S = 60.0, 3600.0
# The last values of a run are read, and those of its end are counted.
SETTLE_S = 3.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 0 where every query returned data, 1 where one did not, 2 where it could not be tried."""
    options = _parse(arguments)
    try:
        installed("prometheus")
        found = asyncio.run(run(options.data, options.seconds))
    except AntiphonError as error:
        print(f"ops/check-dashboards: {error.message}", file=sys.stderr)
        return 2
    cards = find_cards() is not None
    problems = faults(found, cards=cards)
    if options.plot:
        plot(found, options.plot, cards=cards)
    report = figures(found, problems, cards=cards)
    print(json.dumps(report, indent=2) if options.json else told(report))
    return 1 if problems else 0


async def run(data: Path, seconds: float) -> Evidence:
    """Hold calls for so long, and return what Prometheus answers about it."""
    alerts, said = rules.read(), material(data)
    async with stage() as running:
        begin_s = time.time()  # Prometheus's own clock
        traffic = Traffic(running.services, said)
        await traffic.drive(seconds)
        await asyncio.sleep(SETTLE_S)
        answered = [turn.voice_to_voice_ms for turn in traffic.notes.turns]
        seen = Seen([ms for ms in answered if ms is not None], traffic.ended, traffic.killed)
        asking = Questioner(running.prometheus, begin_s, time.time())
        return await asking.all(grafana_json.BOARDS, alerts, seen)


def faults(found: Evidence, *, cards: bool) -> list[str]:
    """Return what is amiss; queries of a card count only where there are `cards`."""
    problems = [asked.fault for asked in found.asked if cards or not asked.gpu]
    problems += [*found.refused, hops_fault(found.hops, found.whole)]
    problems += [*grafana_json.differences(), promtool.check().output]
    return [problem for problem in problems if problem]


def figures(found: Evidence, problems: Sequence[str], *, cards: bool) -> dict[str, Any]:
    """Return the run in numbers; times in ms."""
    asked = found.asked
    left_out = [one.where for one in asked if one.gpu and not cards]
    answered = found.seen.answered_ms
    return {
        "queries": len(asked) - len(left_out),
        "problems": list(problems),
        "left_out_without_gpu": sorted(set(left_out)),
        "hops_over_voice_to_voice": round(hops_ratio(found.hops, found.whole), 4),
        "hops_mean_ms": {name: _ms(one.mean_s) for name, one in found.hops.items()},
        "voice_to_voice_mean_ms": _ms(found.whole.mean_s),
        "answers": found.whole.count,
        "voice_to_voice_p50_ms": _ms(found.median_s),
        "voice_to_voice_p50_ms_at_the_callers": round(median(answered), 1) if answered else None,
        "answers_at_the_callers": len(answered),
        "calls_that_ended": dict(found.seen.ended),
        "killed": list(found.seen.killed),
        "engines": "simulated",
    }


def told(report: dict[str, Any]) -> str:
    """Return the report for people."""
    problems = report.pop("problems")
    lines = [f"{name:<40}{value}" for name, value in report.items()]
    verdict = "every query returned data" if not problems else f"{len(problems)} problems"
    return "\n".join([*lines, *problems, verdict])


def plot(found: Evidence, folder: Path, *, cards: bool) -> None:
    """Draw a picture of each dashboard; panels of a card only where there are `cards`."""
    for board, shown in found.shown.items():
        there = [one for one in shown if cards or not one.panel.gpu]
        path = folder / f"{board.uid.removeprefix('antiphon-')}.png"
        draw(f"{board.title} (simulated engines)", there, found.begin_s, path)


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="ops/check-dashboards", description=__doc__)
    parser.add_argument("--seconds", type=_seconds, default=SECONDS, help="how long calls are held")
    parser.add_argument("--data", type=Path, default=default_folder("turns"), help="human speech")
    parser.add_argument(
        "--plot", type=Path, metavar="DIR", help="draw the answers into this folder"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    return parser.parse_args(arguments)


def _seconds(given: str) -> float:
    seconds = float(given)
    if not SHORTEST_S <= seconds <= LONGEST_S:
        raise argparse.ArgumentTypeError(f"{given}: from {SHORTEST_S:g} to {LONGEST_S:g}")
    return seconds


if __name__ == "__main__":
    sys.exit(main())
