"""`antiphon status`: each service of the running appliance, as it is now."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import psutil
import typer

from antiphon.errors import AntiphonError, Unavailable
from antiphon.paths import runtime_dir
from ops.engines.info import describe, summary
from ops.supervisor.health import is_serving
from ops.supervisor.run_folder import ServiceState, holder, read_states

MIB = 2**20


@dataclass(frozen=True, slots=True)
class Row:
    """One service as it is shown."""

    service: str
    state: str
    runs: str
    pid: str
    memory: str
    address: str


HEADER = Row("SERVICE", "STATE", "RUNS", "PID", "MEMORY", "ADDRESS")


def status_command() -> None:
    """Show each service; exit status 1 unless all of them serve."""
    folder = runtime_dir()
    if holder(folder) is None:
        raise Unavailable(f"no appliance runs in {folder}; start it with `ops/up`")
    rows = asyncio.run(_rows(read_states(folder)))
    print(_table([HEADER, *rows]))
    if not rows or any(row.state != "serving" for row in rows):
        raise typer.Exit(1)


async def _rows(states: dict[str, ServiceState]) -> list[Row]:
    return list(await asyncio.gather(*(_row(name, state) for name, state in states.items())))


async def _row(name: str, told: ServiceState) -> Row:
    serving = await is_serving(told.address)
    state = "serving" if serving else ("not answering" if told.state == "ready" else told.state)
    runs = await _runs(name, told.address) if serving else "-"
    return Row(
        name, state, runs, str(told.pid or "-"), _memory(told.pid), told.shown or told.address
    )


async def _runs(name: str, address: str) -> str:
    try:
        return summary(await describe(name, address))
    except AntiphonError:
        return "-"


def _memory(pid: int) -> str:
    """Return the resident memory of a process and all it started; shared pages count for each."""
    try:
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
        return f"{sum(one.memory_info().rss for one in family) // MIB} MiB"
    except psutil.Error:
        return "-"


def _table(rows: list[Row]) -> str:
    cells = [[getattr(row, name) for name in Row.__slots__] for row in rows]
    widths = [max(len(line[column]) for line in cells) for column in range(len(cells[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in cells
    )
