"""`antiphon bench`: starts what it measures, measures it, stops it again."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Annotated, Any

import typer

from antiphon.errors import InvalidInput
from ops.bench.bench import Bench, Engines, Options, Result, Transport
from ops.bench.figures import string_keys, table
from ops.bench.machine import machine
from ops.bench.registry import NAMES, find


def bench_command(
    name: Annotated[str, typer.Argument(help=f"one of: {', '.join(NAMES)}")],
    data: Annotated[Path | None, typer.Option(help="a folder of clips with a manifest.tsv")] = None,
    engines: Annotated[
        Engines | None, typer.Option(help="real models, or stand-ins with calibrated delays")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="at most so many clips or runs")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object on stdout")] = False,
    plot: Annotated[Path | None, typer.Option(help="draw a picture into this file")] = None,
    labels: Annotated[
        Path | None, typer.Option(help="write where each clip's voice is into this file, as JSON")
    ] = None,
    transport: Annotated[
        Transport | None, typer.Option(help="how callers reach the gateway")
    ] = None,
    sessions: Annotated[
        int | None, typer.Option(min=1, help="how many call at a time; of soak: in all")
    ] = None,
    duration: Annotated[
        float | None, typer.Option(min=1, help="seconds that each load is measured")
    ] = None,
    growing: Annotated[
        bool, typer.Option("--growing", help="simulated delays grow with the sessions")
    ] = False,
    offered: Annotated[
        int | None, typer.Option(min=2, help="then so many times as many come as there is room for")
    ] = None,
    bound_ms: Annotated[
        float | None, typer.Option(min=1, help="what the p95 of voice to voice may be")
    ] = None,
    write: Annotated[
        bool,
        typer.Option(
            "--write",
            help="with --engines real: save it as what [server] max_sessions is by default",
        ),
    ] = False,
    faults: Annotated[str | None, typer.Option(help="of chaos: NAME,NAME,...")] = None,
    count: Annotated[int | None, typer.Option(min=1, help="turns to be hit by each fault")] = None,
) -> None:
    """Measure one part of the appliance on its own sockets; it needs no running appliance."""
    bench = find(name)
    extras = {
        "plot": plot,
        "labels": labels,
        "transport": transport,
        "sessions": sessions,
        "duration": duration,
        "growing": growing or None,
        "offered": offered,
        "bound-ms": bound_ms,
        "write": write or None,
        "faults": faults,
        "count": count,
    }
    for extra, given in extras.items():
        if given is not None and extra not in bench.extras:
            raise InvalidInput(f"the benchmark {name!r} has no --{extra}")
    options = Options(
        data=data,
        engines=engines or bench.engines,
        limit=limit,
        plot=plot,
        labels=labels,
        transport=transport or Transport.WEBSOCKET,
        sessions=sessions,
        duration_s=duration,
        growing=growing,
        offered=offered,
        bound_ms=bound_ms,
        write=write,
        faults=faults,
        count=count,
    )
    measure(name, bench, options, as_json=as_json)


def measure(name: str, bench: Bench, options: Options, *, as_json: bool) -> None:
    """Run `bench` and print what it found."""
    # Taken before, since the measurement itself is load.
    where = machine()
    with _standard_output_kept():
        result = asyncio.run(_run(bench, options))
    print(_report(name, options, result, where, as_json=as_json))


async def _run(bench: Bench, options: Options) -> Result:
    return await bench.run(options)


def _report(
    name: str, options: Options, result: Result, where: dict[str, Any], *, as_json: bool
) -> str:
    context = {"bench": name, "engines": options.engines, "machine": where, **result.context}
    figures = string_keys(result.figures)
    if as_json:
        return json.dumps({**figures, "context": string_keys(context)}, indent=2)
    simulated = " with SIMULATED engines" if options.engines is Engines.SIMULATED else ""
    return f"{name}{simulated}\n\n{table(figures)}\n\n{table(string_keys(context))}"


@contextmanager
def _standard_output_kept() -> Iterator[None]:
    """Send to standard error whatever a library prints meanwhile, also from C."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
