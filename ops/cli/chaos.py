"""`antiphon chaos`: strikes an appliance of its own with faults in mid-turn, and tells what callers heard."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ops.bench.bench import Engines, Options, Transport
from ops.bench.registry import find
from ops.cli.bench import measure

NAME = "chaos"


def chaos_command(
    engines: Annotated[
        Engines, typer.Option(help="real models, or stand-ins with calibrated delays")
    ] = Engines.SIMULATED,
    faults: Annotated[str | None, typer.Option(help="NAME,NAME,...; default: all")] = None,
    count: Annotated[
        int | None,
        typer.Option(min=1, help="turns to be hit by each; default: 100, 5 of real ones"),
    ] = None,
    sessions: Annotated[int | None, typer.Option(min=1, help="how many call at a time")] = None,
    data: Annotated[Path | None, typer.Option(help="a folder of clips with a manifest.tsv")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="at most so many clips")] = None,
    transport: Annotated[
        Transport, typer.Option(help="how callers reach the gateway")
    ] = Transport.WEBSOCKET,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object on stdout")] = False,
) -> None:
    """Kill, stall, slow, cut, fill and step in mid-turn; nothing but what it started itself is touched."""
    options = Options(
        data=data,
        engines=engines,
        limit=limit,
        transport=transport,
        sessions=sessions,
        faults=faults,
        count=count,
    )
    measure(NAME, find(NAME), options, as_json=as_json)
